import ContextualizationAPI

extension CommunicatorError {
    /// The task that waited for a program was cancelled.
    static func cancelled(on machine: String) -> CommunicatorError {
        CommunicatorError(
            code: .cancelled, message: "the program on \(machine) was cancelled and the connection is closed")
    }
}
