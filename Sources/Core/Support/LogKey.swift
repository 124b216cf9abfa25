/// Keys of log metadata, fixed in one place so that logs of all parts can be searched alike.
package enum LogKey {
    package static let request = "request.id"
    package static let infrastructure = "inf.id"
    package static let machine = "vm.id"
    package static let connector = "connector"
    package static let operation = "operation.id"
    package static let step = "step"
}
