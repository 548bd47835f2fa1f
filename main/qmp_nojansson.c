// SPDX-License-Identifier: MIT
// QMP where the JSON library is missing.
#include "main/monitor_int.h"

Monitor *qmp_new(bool pretty, Error *err)
{
    (void)pretty;
    error_set_class(err, ERROR_UNSUPPORTED, "QMP is not built in; install libjansson-dev and "
                    "run ./configure again");
    return NULL;
}
