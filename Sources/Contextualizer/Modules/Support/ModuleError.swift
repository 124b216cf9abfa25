package import Jinja

/// Why a module cannot make a program of its arguments: the task fails with this text before anything is sent.
package struct ModuleError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Code: Sendable, Hashable {
        private enum Value { case unsupportedParameter, missingParameter, invalidArgument, missingSource }
        private let value: Value

        package static let unsupportedParameter = Code(value: .unsupportedParameter)
        package static let missingParameter = Code(value: .missingParameter)
        package static let invalidArgument = Code(value: .invalidArgument)
        /// A file or template of the controller that does not exist.
        package static let missingSource = Code(value: .missingSource)
    }

    package var code: Code
    /// Ansible's text where it has one; never a secret.
    package var message: String

    /// What else the result of the task says.
    package var values: JinjaDict

    package init(code: Code, message: String, values: JinjaDict = JinjaDict()) {
        self.code = code
        self.message = message
        self.values = values
    }

    package var description: String { message }
}
