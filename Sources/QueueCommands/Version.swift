/// The version of the commands.
let version = "0.1.0"

/// The month and day of it, as manual pages want it.
let versionDate = "November 24, 2026"
