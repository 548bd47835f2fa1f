// SPDX-License-Identifier: MIT
// Probe: jansson (QMP).
#include <jansson.h>

int main(void)
{
    json_error_t err;
    json_t *j = json_loadb("{}", 2, JSON_REJECT_DUPLICATES, &err);

    json_decref(j);
    return !j;
}
