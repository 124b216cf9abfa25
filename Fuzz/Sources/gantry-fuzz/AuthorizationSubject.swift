import Foundation
import FuzzedAuthorization

/// Authorization data, as header and as file: any text gives items or an error that names none of its values; what was read
/// is the same as an array of JSON.
enum AuthorizationSubject {
    static func feed(_ text: String) {
        let parser = AuthorizationParser()
        for read in [parser.items(ofHeader:), parser.items(ofFile:)] {
            do {
                let items = try read(text)
                let objects = items.map { item in
                    item.values.expose().merging(["id": item.id, "type": item.type]) { $1 }
                }
                guard let data = try? JSONEncoder().encode(objects) else { preconditionFailure("no JSON") }
                let again = try? parser.items(ofHeader: String(decoding: data, as: UTF8.self))
                precondition(again?.map(\.id) == items.map(\.id), "items are others as JSON")
                precondition(
                    again?.map { $0.values.expose() } == objects.map { $0 }, "values are others as JSON")
                _ = items.map { "\($0.isCloud) \($0.isLogin) \($0.isVault)" }
            } catch let error as AuthorizationError {
                precondition(!error.message.isEmpty, "an error without a text")
            } catch {
                preconditionFailure("an error of another kind: \(error)")
            }
        }
    }
}
