/// Stands for the protocol's, whose sources are not fuzzed here.
struct JSONRPCID: Sendable, Hashable, Codable {}
