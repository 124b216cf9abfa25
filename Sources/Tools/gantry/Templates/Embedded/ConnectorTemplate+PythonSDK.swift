// Made by scripts/embed-templates; do not edit.

extension ConnectorTemplate {
    static let pythonSDK: [File] = pythonSDK1 + pythonSDK2 + pythonSDK3 + pythonSDK4
}
