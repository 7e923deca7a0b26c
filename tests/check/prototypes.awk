# Prints "api NAME" for each function that a header declares with LK_API, "bare NAME" for each that it
# declares without, and one line "open" when braces or comments do not close.
{
    text = text $0 "\n"
}
END {
    text = strip_comments(text)
    gsub(/\\\n/, " ", text)                      # joined macro lines
    gsub(/(^|\n)[ \t]*#[^\n]*/, "\n", text)      # preprocessor
    gsub(/extern[ \t\n]+"C"[ \t\n]*\{/, "", text) # its closing brace makes depth -1, see below
    depth = 0
    statement = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "{") {
            depth++
        } else if (c == "}") {
            if (depth > 0)
                depth--
        } else if (c == ";" && depth == 0) {
            declare(statement)
            statement = ""
        } else if (depth == 0) {
            statement = statement c
        }
    }
    if (depth != 0)
        print "open"
}
function strip_comments(s,    out, at, end)
{
    out = ""
    while ((at = index(s, "/*")) > 0) {
        out = out substr(s, 1, at - 1) " "
        s = substr(s, at + 2)
        end = index(s, "*/")
        if (end == 0) {
            print "open"
            return out
        }
        s = substr(s, end + 2)
    }
    return out s
}
function declare(s,    is_api)
{
    gsub(/[ \t\n]+/, " ", s)
    sub(/^ /, "", s)
    if (s ~ /^typedef/ || !match(s, /[A-Za-z_][A-Za-z_0-9]* ?\(/))
        return
    is_api = s ~ /^LK_API /
    gsub(/__attribute__ ?\(\(.*\)\)/, "", s)
    if (match(s, /[A-Za-z_][A-Za-z_0-9]* ?\(/)) {
        s = substr(s, RSTART, RLENGTH)
        sub(/ ?\($/, "", s)
        print (is_api ? "api" : "bare"), s
    }
}
