#include <stdio.h>

#include "base/status.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "version.h"

int cmd_version(int argc, char **argv)
{
    const struct option_table table = {
        .command = "version",
        .synopsis = "",
        .summary =
            "Prints the version, the revision of the sources and whether the program can use "
            "OpenCL.",
        .example = "saae version",
    };
    int status = options_parse(&table, argc, argv);
    if (status != SAAE_OK) return status;
    printf("saae %s (%s), %s\n", SAAE_VERSION, SAAE_REVISION,
           SAAE_WITH_OPENCL ? "with OpenCL" : "without OpenCL: the reference device only");
    return SAAE_OK;
}
