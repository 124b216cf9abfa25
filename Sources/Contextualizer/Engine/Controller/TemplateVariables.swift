import Foundation
import Jinja

/// What a template file may ask about itself.
enum TemplateVariables {
    /// - Parameters:
    ///   - path: As the task names it.
    ///   - file: Where it was found.
    ///   - destination: Where its text goes; nil: a lookup asks.
    ///   - scope: Variables of the task, whose `ansible_managed` counts where there is one.
    static func all(path: String, file: String, destination: String?, scope: any JinjaScope) throws -> JinjaDict {
        var status = stat()
        guard stat(file, &status) == 0 else { return JinjaDict() }
        let owner = getpwuid(status.st_uid).flatMap { $0.pointee.pw_name.map { String(cString: $0) } }
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var variables: JinjaDict = [
            "template_host": .string(host), "template_path": .string(path),
            "template_mtime": .time(
                seconds: Int(status.st_mtim.tv_sec), micros: Int(status.st_mtim.tv_nsec) / 1000),
            "template_uid": owner.map { .string($0) } ?? .int(Int(status.st_uid)), "template_run_date": .timeNow(),
            "template_destpath": destination.map { .string($0) } ?? .none, "template_fullpath": .string(file),
        ]
        if try scope.lookup("ansible_managed") == nil { variables["ansible_managed"] = "Ansible managed" }
        return variables
    }
}
