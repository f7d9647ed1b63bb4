#include "CProcess.h"
int qd_placeholder(void) { return 0; }
