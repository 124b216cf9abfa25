import ContextualizationAPI

/// The way to a machine whose connection variables cannot be followed: says so.
struct RefusingFactory: CommunicatorFactory {
    let message: String

    func connect(to target: ConnectionTarget, timeout: Duration) async throws -> Connection {
        throw CommunicatorError(code: .protocolViolation, message: message)
    }
}
