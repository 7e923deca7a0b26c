# See layers.sh. Reads lines "have PATH" (every header there is), then lines "FILE:LINE:#include …".
BEGIN {
    may["base"] = "base"
    may["http"] = "base http"
    may["crypto"] = "base crypto"
    may["api"] = "base http crypto api"
    may["mirror"] = "base api mirror"
    may["web"] = "base crypto api web"
    may["gate"] = "gate" # otherwise public headers only

    # Each third-party header has one home in lib/.
    home["^curl/"] = "lib/http/curl.c"
    home["^(psa|mbedtls)/"] = "lib/crypto/mbedtls.c"
    home["^(cjson/)?cJSON"] = "lib/base/json.c"
    home["^sqlite3"] = "lib/mirror/store-sqlite.c"
    home["^(postgresql/)?(libpq|pg_config)"] = "lib/mirror/store-postgres.c"
    home["^civetweb"] = "lib/gate/civetweb.c"
}

$1 == "have" {
    have[$2] = 1
    n = split($2, part, "/")
    if (part[1] == "lib")
        inner[part[n]] = 1
    next
}

{
    match($0, /^[^:]*:[0-9]+:/)
    split(substr($0, 1, RLENGTH), at, ":")
    file = at[1]
    folder = file
    sub(/\/[^\/]*$/, "", folder)
    is_quoted = match($0, /"[^"]*"/)
    if (!is_quoted && !match($0, /<[^>]*>/)) {
        complain("an include that cannot be read")
        next
    }
    header = substr($0, RSTART + 1, RLENGTH - 2)
    split(file, part, "/")

    if (part[1] == "lib" && part[2] == "include")
        check_public()
    else if (part[1] == "lib" && part[2] == "examples")
        check_program("lib/examples")
    else if (part[1] == "lib")
        check_layer(part[2])
    else
        check_program(part[1])
    if (file ~ /^app\/emulator\//)
        check_emulator()
}

END { exit bad }

function complain(why)
{
    print $0
    print "    ^ " why
    bad = 1
}

function check_public()
{
    if (is_quoted || header !~ /^(latchkey\/[a-z]+(-[a-z]+)*|std[a-z]+)\.h$/)
        complain("a public header may include <latchkey/…> and the C library only")
}

function check_layer(layer,    words, i, n, ok, pattern)
{
    for (pattern in home)
        if (header ~ pattern && file != home[pattern])
            complain("belongs into " home[pattern] " only")
    if (!is_quoted)
        return
    n = split(may[layer], words, " ")
    for (i = 1; i <= n; i++)
        ok = ok || header ~ ("^" words[i] "/[a-z0-9-]+\\.h$")
    if (!ok)
        complain("lib/" layer " may include " may[layer] " only")
}

# What a program does not have itself must not be found inside lib/.
function check_program(program,    tail)
{
    if (header ~ /(^|\/)\.\.\//) {
        complain("leaves its folder")
        return
    }
    if (is_quoted && ((folder "/" header) in have || (program "/" header) in have))
        return
    tail = header
    sub(/^.*\//, "", tail)
    if (header ~ /^(lib|base|http|crypto|api|mirror|web|gate)\// || (is_quoted && tail in inner))
        complain(program "/ may include <latchkey/…> only, nothing from inside lib/")
}

# The emulator is a second opinion on the wire: code shared with lib/ would share its mistakes.
function check_emulator(    own)
{
    own = header
    sub(/^emulator\//, "", own)
    if (header ~ /^latchkey/)
        complain("app/emulator may include nothing of lib/")
    else if (is_quoted && !(("app/emulator/" own) in have) && ("app/" header) in have)
        complain("app/emulator stands alone: its own headers only")
}
