/* embed FILE...: prints C source that holds the files' text (see src/runtime/embedded.h).
 *
 * The text is written as characters, a line of the file a line of the array: a string literal may
 * be limited to 4095 characters (C11 5.2.4.1). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(name_of(*(char *const *)a), name_of(*(char *const *)b));
}

static void print_character(int c)
{
    switch (c) {
    case '\n':
        printf("'\\n',");
        break;
    case '\'':
        printf("'\\'',");
        break;
    case '\\':
        printf("'\\\\',");
        break;
    default:
        if (c >= ' ' && c <= '~') {
            printf("'%c',", c);
        } else {
            printf("'\\%03o',", (unsigned)c);
        }
    }
}

static int print_text(const char *path, int number)
{
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        perror(path);
        return 1;
    }
    printf("\n/* %s */\nstatic const char text_%d[] = {\n", path, number);
    for (int c; (c = getc(stream)) != EOF;) {
        if (c == 0) {
            fprintf(stderr, "%s: holds a zero byte; kernel sources are text\n", path);
            fclose(stream);
            return 1;
        }
        print_character(c);
        if (c == '\n') putchar('\n');
    }
    printf("0};\n");
    int fault = ferror(stream);
    if (fault) perror(path);
    fclose(stream);
    return fault != 0;
}

int main(int argc, char **argv)
{
    qsort(argv + 1, (size_t)(argc - 1), sizeof *argv, by_name);
    printf("/* Made by tools/embed.c; edit the files in cl/ instead. */\n");
    printf("#include \"runtime/embedded.h\"\n\n#include <stddef.h>\n");
    for (int i = 1; i < argc; i++) {
        if (print_text(argv[i], i) != 0) return 1;
    }
    printf("\nconst struct embedded_kernel embedded_kernels[] = {\n");
    for (int i = 1; i < argc; i++) printf("    {\"%s\", text_%d},\n", name_of(argv[i]), i);
    printf("    {NULL, NULL},\n};\n\nconst int embedded_kernel_count = %d;\n", argc - 1);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("embed: standard output");
        return 1;
    }
    return 0;
}
