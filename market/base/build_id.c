// The build's identity, in a file of its own: any change of a source compiles it anew.
#include "market/base/build_id.h"

#include "pursuit_version.h"

const char *pp_build_id(void)
{
    return PURSUIT_BUILD;
}
