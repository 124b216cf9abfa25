import RADL

extension Planner {
    /// Disks of a node, from 1 in the order of its requirements: those with a size or a volume.
    mutating func disks(_ node: NodeTemplate, _ features: inout Features) {
        var number = 1
        var taken: Set<String> = []
        for requirement in node.requirements {
            guard requirement.relationship?.isA("tosca.relationships.AttachesTo") == true,
                let storage = requirement.target.flatMap({ topology[$0] })
            else { continue }
            guard storage.isBlockStorage else {
                refuse(requirement, storage, of: node)
                continue
            }
            let context = Evaluator.Context(node: node)
            let path = requirement.path.key("relationship").key("properties")
            let values = values
            func relation(_ name: String) -> String? {
                let value = requirement.properties[name] ?? requirement.relationship?.properties[name]?.defaultValue
                return value.flatMap { values.evaluate($0, context, path.key(name)).scalarText }
                    .flatMap { $0.isEmpty || $0 == "None" ? nil : $0 }
            }
            guard
                let written = disk(
                    storage, number, device: relation("device"), location: relation("location"),
                    fileSystem: relation("fs_type"), keepsSize: false, &features)
            else { continue }
            guard written else { continue }
            meet(requirement, storage, relation("location"), relation("device"), node, &taken)
            explain("disk \(number) of \(RADLName.of(node.name))", "the node '\(storage.name)'", node)
            number += 1
        }
        // RADL counts disks from the first one, which an image would have told about.
        if number > 1, !features.indicesOfDisks.contains(0) {
            features.set(Feature("disk.0.os.name", .string("linux", .equal)))
        }
    }

    /// Two disks of a machine have no place, device or volume in common; one volume for several machines is doubtful.
    private mutating func meet(
        _ requirement: NodeTemplate.Requirement, _ storage: NodeTemplate, _ location: String?, _ device: String?,
        _ node: NodeTemplate, _ taken: inout Set<String>
    ) {
        let volume = values.property("volume_id", of: storage).scalarText.flatMap { $0.isEmpty ? nil : $0 }
        let place = location.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        for (what, name) in [("place", place), ("device", device), ("volume", volume)] {
            guard let name, !taken.insert(what + name).inserted else { continue }
            report.error(
                .translation, "two disks of '\(node.name)' have the \(what) '\(name.prefix(80))'",
                at: requirement.position, requirement.path, expected: "another \(what) for each")
        }
        guard let volume else { return }
        if let other = volumeOwners[volume], other != node.name {
            report.warning(
                .translation, "the volume '\(volume.prefix(80))' is attached to '\(other)' and to '\(node.name)'",
                at: requirement.position, requirement.path,
                expected: "a volume for each, where the provider has no shared ones")
        }
        volumeOwners[volume] = node.name
        guard let count = counts[RADLName.of(node.name)], count > 1 else { return }
        report.warning(
            .translation, "the volume of '\(storage.name)' is attached to all \(count) machines of '\(node.name)'",
            at: requirement.position, requirement.path, expected: "'size' for a disk of each")
    }

    /// What recipes of the relationship attach, such as a shared file system, is none of the machine's disks.
    private func refuse(_ requirement: NodeTemplate.Requirement, _ target: NodeTemplate, of node: NodeTemplate) {
        let offers = target.type.capabilities.elements.contains { $0.type.isA("tosca.capabilities.Attachment") }
        guard !offers, !hasOperations(requirement) else { return }
        report.error(
            .requirement,
            "'\(target.name)' of type \(target.type.name) is no disk that '\(node.name)' could attach",
            at: requirement.position, requirement.path, expected: "a node of type tosca.nodes.BlockStorage")
    }

    /// Writes one disk; nil after an error, false where there is nothing to attach.
    func disk(
        _ storage: NodeTemplate, _ number: Int, device: String?, location: String?, fileSystem: String?,
        keepsSize: Bool, _ features: inout Features
    ) -> Bool? {
        let prefix = "disk.\(number)."
        func text(_ name: String) -> String? {
            values.property(name, of: storage).scalarText.flatMap { $0.isEmpty ? nil : $0 }
        }
        let size = values.property("size", of: storage)
        var bytes = 0.0
        if !size.isNull {
            guard let value = ScalarUnit.size.value(of: size), value >= 0, value < 9e18 else {
                report.error(
                    .type, "the size of '\(storage.name)' is \(size.brief)", at: size.position,
                    storage.path.key("properties").key("size"), expected: ScalarUnit.size.example)
                return nil
            }
            bytes = value
            checkUnit(size, storage.path.key("properties").key("size"))
        }
        let volume = text("volume_id")
        if volume == nil, size.isNull {
            report.error(
                .missing, "the disk '\(storage.name)' has neither size nor volume", at: storage.position, storage.path,
                expected: "'size' or 'volume_id' among its properties")
            return nil
        }
        // Dashboards send no bytes for a disk that nobody wants.
        guard volume != nil || bytes > 0 else { return false }
        if let volume { features.set(Feature(prefix + "image.url", .string(volume, .equal))) }
        if bytes > 0, volume == nil || keepsSize { features.set(Feature(prefix + "size", Self.sizeValue(bytes))) }
        if let type = text("type") { features.set(Feature(prefix + "type", .string(type, .equal))) }
        if let device { features.set(Feature(prefix + "device", .string(device, .equal))) }
        if let location {
            features.set(Feature(prefix + "mount_path", .string(location, .equal)))
            if !keepsSize { features.set(Feature(prefix + "fstype", .string(fileSystem ?? "ext4", .equal))) }
        }
        return true
    }
}

extension Features {
    fileprivate var indicesOfDisks: Set<Int> {
        Set(
            all.compactMap { feature in
                guard feature.name.hasPrefix("disk."), !feature.name.hasSuffix("applications") else { return nil }
                return feature.name.split(separator: ".").dropFirst().first.flatMap { Int($0) }
            })
    }
}
