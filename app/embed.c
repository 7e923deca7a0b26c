/* Runs during the build: writes files as C arrays. embed OUTPUT INPUT… */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_name(FILE *out, const char *path)
{
    const char *slash = strrchr(path, '/');

    for (const char *c = slash != NULL ? slash + 1 : path; *c != '\0'; c++)
        fputc(isalnum((unsigned char)*c) ? *c : '_', out);
}

static int embed(FILE *out, const char *path)
{
    FILE *in = fopen(path, "rb");
    size_t len = 0;

    if (in == NULL) {
        perror(path);
        return 1;
    }
    fputs("const unsigned char ", out);
    print_name(out, path);
    fputs("[] = {", out);
    for (int c = fgetc(in); c != EOF; c = fgetc(in))
        fprintf(out, "%s%d,", len++ % 20 == 0 ? "\n    " : " ", c);
    fputs(" 0\n};\nconst size_t ", out);
    print_name(out, path);
    fprintf(out, "_len = %zu;\n", len);
    return ferror(in) | fclose(in);
}

int main(int argc, char **argv)
{
    FILE *out = argc > 1 ? fopen(argv[1], "wb") : NULL;
    int bad = 0;

    if (out == NULL) {
        fputs("embed OUTPUT INPUT…\n", stderr);
        return EXIT_FAILURE;
    }
    fputs("#include \"page-files.h\"\n", out);
    for (int i = 2; i < argc; i++)
        bad |= embed(out, argv[i]);
    bad |= ferror(out) | fclose(out);
    return bad != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
