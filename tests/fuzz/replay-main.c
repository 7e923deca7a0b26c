/* Runs a fuzz target over the files of its corpus, and over damaged copies of each: every cut, and
 * every byte replaced by a few that matter to parsers. An ordinary test, for every compiler.
 *
 *     fuzz-NAME FOLDER */
#include <dirent.h>
#include <string.h>

#include "fuzz.h"

enum { MAX_FILE = 1 << 20, MAX_DAMAGED = 2048 };

static void run_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1); /* exact, so that ASan sees a byte too many read */

    promise(copy != NULL);
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_damaged(uint8_t *data, size_t size)
{
    static const uint8_t bytes[] = { 0, '"', '\\', '.', '*', '~', '=', ',', '{', '[', 0xFF };
    size_t step = size / MAX_DAMAGED + 1;

    for (size_t i = 0; i < size; i += step) {
        uint8_t kept = data[i];

        run_copy(data, i);
        data[i] = bytes[i / step % sizeof(bytes)];
        run_copy(data, size);
        data[i] = kept;
    }
}

static void run_file(const char *path)
{
    static uint8_t data[MAX_FILE];
    FILE *file = fopen(path, "rb");
    size_t size;

    promise(file != NULL);
    size = fread(data, 1, sizeof(data), file);
    fclose(file);
    run_copy(data, size);
    run_damaged(data, size);
}

int main(int argc, char **argv)
{
    struct dirent *entry;
    size_t n = 0;
    DIR *folder;

    if (argc != 2 || (folder = opendir(argv[1])) == NULL) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    while ((entry = readdir(folder)) != NULL) {
        char path[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
        run_file(path);
        n++;
    }
    closedir(folder);
    printf("%zu files\n", n);
    return n > 0 ? 0 : 1; /* an empty corpus tests nothing */
}
