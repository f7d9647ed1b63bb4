/// The version of the commands.
let version = "0.1.0"

/// The day it is of, as manual pages write it.
let versionDate = "November 24, 2026"
