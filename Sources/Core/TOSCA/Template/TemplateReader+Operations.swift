extension TemplateReader {
    private static let lifecycle = ["create", "configure", "start"]
    private static let ending = ["stop", "delete"]
    private static let wiring = [
        "pre_configure_source", "pre_configure_target", "post_configure_source", "post_configure_target", "add_source",
        "add_target", "target_changed", "remove_target",
    ]

    /// Operations of a template that nobody runs: a misspelt one is a mistake, others are told.
    func checkOperations(_ entry: TOSCAMap.Entry, _ interface: String, _ type: TOSCAType, _ path: DocumentPath) {
        guard let map = entry.value.map else { return }
        let declared = type.interfaces[interface]
        let run: [String]
        if type.kind == .relationship {
            // Whatever the interface is called.
            run = Self.wiring
        } else if interface == "Standard" || interface == "Configure" {
            run = Self.lifecycle
        } else {
            refuse(entry, isDeclared: declared != nil, path)
            return
        }
        let known = run + (run == Self.wiring ? [] : Self.ending)
        let others = Self.lifecycle + Self.ending + Self.wiring
        let entries = map.entries.filter { !TypeReader.reserved.contains($0.key) }
        for operation in entries + (map["operations"]?.map?.entries ?? [])
        where !operation.value.isNull && !run.contains(operation.key) {
            if others.contains(operation.key) || declared?.operations[operation.key] != nil {
                report.warning(
                    .translation, "the operation '\(operation.key.prefix(80))' is never run", at: operation.keyPosition,
                    path.key(operation.key), expected: "one of: " + run.joined(separator: ", "))
            } else {
                report.unknown(
                    .unknownField, "the interface '\(interface)' has no operation '\(operation.key.prefix(80))'",
                    operation.key, among: known, at: operation.keyPosition, path.key(operation.key))
            }
        }
    }

    private func refuse(_ entry: TOSCAMap.Entry, isDeclared: Bool, _ path: DocumentPath) {
        let nearest = isDeclared ? nil : NearestName.find(entry.key, among: ["Standard", "Configure"])
        if nearest != nil {
            report.error(
                .unknownField, "there is no interface '\(entry.key.prefix(80))'", at: entry.keyPosition, path,
                nearest: nearest)
        } else {
            report.warning(
                .translation, "operations of the interface '\(entry.key.prefix(80))' are not run",
                at: entry.keyPosition, path, expected: "'Standard'")
        }
    }
}
