// What a command needs of its own start, before Swift has begun.
#pragma once

/// The words that the process was called with, as the system gave them: `CommandLine` reads /proc.
char **cstart_arguments(int *count);
