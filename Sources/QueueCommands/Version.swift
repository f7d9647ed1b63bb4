/// The version of the commands.
let version = "0.1.0"
