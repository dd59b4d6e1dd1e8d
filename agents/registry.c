// The list of built-in agents, and the search by name.
#include <string.h>

#include "agents/agent.h"

#define X(name) extern const pp_agent_class pp_agent_##name;
#include "agents/agents.def"
#undef X

const pp_agent_class *const pp_agent_classes[] = {
#define X(name) &pp_agent_##name,
#include "agents/agents.def"
#undef X
    NULL,
};

const pp_agent_class *pp_agent_find(const char *name)
{
    for (size_t i = 0; pp_agent_classes[i]; i++)
        if (strcmp(pp_agent_classes[i]->name, name) == 0)
            return pp_agent_classes[i];
    return NULL;
}
