// The results file that a command is to write.
#include "experiments/cli/common/cli.h"

#include <sys/stat.h>

bool pp_cli_take_output(const pp_command *command, const char **output)
{
    if (optarg[0] == '-')
        pp_cli_message(command, "-o needs a file, not '%s' (say ./%s if it is one)", optarg,
                       optarg);
    else if (*output)
        pp_cli_message(command, "-o is given twice");
    else {
        *output = optarg;
        return true;
    }
    pp_cli_usage(command);
    return false;
}

bool pp_cli_is_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}
