/* saae COMMAND [ARGUMENT...]: finds the sub-command, prints the message of a fault, and makes the
 * status the exit code. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/status.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/terminal.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
#define COMMAND(name, help) {#name, cmd_##name, help},
#include "cli/commands.def"
#undef COMMAND
};
static const size_t command_count = sizeof commands / sizeof commands[0];

static void print_usage(FILE *stream)
{
    fprintf(stream, "usage: saae COMMAND [ARGUMENT...]\n\n"
                    "Trains and runs the Stylized Adversarial AutoEncoder on any OpenCL device.\n\n"
                    "Commands:\n");
    for (size_t i = 0; i < command_count; i++) {
        fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].help);
    }
    fprintf(stream, "\n'saae COMMAND --help' or 'saae help COMMAND' explains a command.\n");
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    }
    status_set(SAAE_USAGE, "unknown command '%s'; 'saae --help' lists them", name);
    return NULL;
}

static int run_command(int argc, char **argv)
{
    const struct command *command = find_command(argv[0]);
    return command ? command->run(argc, argv) : SAAE_USAGE;
}

static int run_help(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stdout);
        return SAAE_OK;
    }
    char help[] = "--help";
    char *arguments[] = {argv[1], help, NULL};
    return run_command(2, arguments);
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return status_set(SAAE_USAGE, "no command given");
    }
    const char *first = argv[1];
    if (!strcmp(first, "--help") || !strcmp(first, "-h") || !strcmp(first, "help")) {
        return run_help(argc - 1, argv + 1);
    }
    if (!strcmp(first, "--version")) {
        char name[] = "version";
        char *arguments[] = {name, NULL};
        return cmd_version(1, arguments);
    }
    return run_command(argc - 1, argv + 1);
}

/* What checks, checkpoints and earlier plans held goes back to the system when it is freed. By
 * itself glibc would keep blocks of up to 32 MiB, beside a device that lives in the same memory. */
static void return_freed_memory(void)
{
#ifdef __GLIBC__
    enum { MAPPED = 1 << 20, KEPT = 1 << 24 }; /* bytes: blocks of their own from; left free */
    mallopt(M_MMAP_THRESHOLD, MAPPED);
    mallopt(M_TRIM_THRESHOLD, KEPT);
#endif
}

int main(int argc, char **argv)
{
    return_freed_memory();
    terminal_start();
    int status = dispatch(argc, argv);
    terminal_progress_end();
    if (status == OPTIONS_HELP) status = SAAE_OK;
    /* A full disk behind standard output shows only when the buffer is written. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == SAAE_OK) {
        status = status_set(SAAE_IO, "cannot write to standard output: %s", strerror(errno));
    }
    if (status != SAAE_OK) fprintf(stderr, "saae: %s\n", saae_message());
    return status;
}
