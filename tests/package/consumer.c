/// @file
/// A program outside the tree: includes what users include, calls a function and reads a table.
#include <pursuit/agents/agent.h>
#include <pursuit/market/config.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    const pp_param *rounds = pp_param_find(&pp_market_table, "rounds");
    if (!rounds || pp_param_find(&pp_market_table, "no such parameter")) {
        fputs("pp_param_find is wrong about pp_market_table\n", stderr);
        return 1;
    }
    if (strcmp(pp_status_text(PP_OK), "ok") != 0) {
        fputs("pp_status_text is wrong about PP_OK\n", stderr);
        return 1;
    }
    printf("%s: %s\n", rounds->name, rounds->doc);
    return 0;
}
