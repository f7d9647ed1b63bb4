import Testing

/// Built commands, killed and signalled. One test at a time: they need the processors themselves.
@Suite(.serialized) enum Storms {}
