/* The sub-commands. Each gets the arguments from its own name on (argv[0] is the name) and returns
 * an enum saae_status, or OPTIONS_HELP from options_parse; main() prints the message of a fault. */
#ifndef SAAE_CLI_COMMANDS_H
#define SAAE_CLI_COMMANDS_H

#define COMMAND(name, help) int cmd_##name(int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND

#endif
