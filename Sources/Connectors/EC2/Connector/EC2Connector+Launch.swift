package import ConnectorAPI

extension EC2Connector {
    package func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        try Self.check(batchToken: request.batchToken)
        var outcomes = [Outcome<Machine>?](repeating: nil, count: request.items.count)
        var launches: [Int: LaunchParameters] = [:]
        for (index, item) in request.items.enumerated() {
            do throws(ConnectorError) {
                launches[index] = try LaunchParameters(item, region: session.region, at: index)
            } catch {
                outcomes[index] = .failed(error)
            }
        }
        let groups = try LaunchGroups.make(request, launches.keys.sorted())
        let results = await withTaskGroup(of: (Int, Result<[EC2Instance], ConnectorError>).self) { tasks in
            for (number, group) in groups.enumerated() {
                guard let launch = launches[group.items[0]] else { continue }
                tasks.addTask { (number, await run(group, launch, session, budget)) }
            }
            var results: [Int: Result<[EC2Instance], ConnectorError>] = [:]
            for await (number, result) in tasks { results[number] = result }
            return results
        }
        for (number, result) in results {
            let group = groups[number]
            switch result {
            case .failure(let error):
                for index in group.items {
                    outcomes[index] = .failed(Self.explained(error, request.items[index], index))
                }
            case .success(let instances):
                for (place, index) in group.items.enumerated() {
                    outcomes[index] = outcome(place, instances, request, group, index, session)
                }
            }
        }
        return outcomes.map { outcome in
            outcome ?? .failed(ConnectorError(code: .internal, message: "the item belongs to no group of the batch"))
        }
    }

    private func run(
        _ group: LaunchGroup, _ launch: LaunchParameters, _ session: EC2Session, _ budget: CallBudget
    ) async -> Result<[EC2Instance], ConnectorError> {
        do throws(ConnectorError) {
            var rootDevice: String?
            if launch.rootDisk != nil { rootDevice = try await self.rootDevice(launch.image, session, budget) }
            let answer = try await session.client.call(
                .runInstances(group, launch, rootDevice: rootDevice), budget, EC2Instances.init)
            return .success(answer.items)
        } catch {
            return .failure(error)
        }
    }

    /// The device of the image's first disk, which a size for it must name.
    private func rootDevice(
        _ image: String, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> String {
        if let known = session.images.rootDevice(image) { return known }
        let answer = try await session.client.call(.describeImages(ids: [image]), budget) { reader in
            try EC2Page(reader, set: "imagesSet", EC2Image.init)
        }
        guard let found = answer.items.first else {
            throw ConnectorError(
                code: .invalidArgument, message: "Incorrect AMI selected: there is no image '\(image)'",
                field: "items[].image")
        }
        guard let device = found.rootDeviceName else {
            throw ConnectorError(
                code: .invalidArgument, message: "Error getting correct block_device name from AMI: \(image)",
                field: "items[].disks")
        }
        session.images.remember(image, rootDevice: device)
        return device
    }

    private func outcome(
        _ place: Int, _ instances: [EC2Instance], _ request: LaunchRequest, _ group: LaunchGroup, _ index: Int,
        _ session: EC2Session
    ) -> Outcome<Machine> {
        guard var instance = instances.first(where: { $0.launchIndex == place }) else {
            return .failed(
                ConnectorError(
                    code: .internal,
                    message: "EC2 answered RunInstances without the machine of launch index \(place) of "
                        + "\(group.items.count)"))
        }
        // Older services leave the tags out of this answer; they were in the request.
        if instance.tags.isEmpty { instance.tags = group.tags }
        return .done(Machine(instance, region: session.region))
    }

    /// For a launch, what EC2 does not know was named by the request; the message says by which field.
    private static func explained(_ error: ConnectorError, _ item: MachineSpec, _ index: Int) -> ConnectorError {
        var error = error
        let code = error.provider?.code ?? ""
        let field: String?
        switch code {
        case _ where code.hasPrefix("InvalidAMI"): field = "image"
        case _ where code.hasPrefix("InvalidInstanceType"): field = "flavor"
        // EC2 has no code of its own for an unknown type: it names the parameter.
        case "InvalidParameterValue", "InvalidParameterCombination":
            field =
                error.message.lowercased().contains("instance type")
                    || error.message.contains("InstanceType") ? "flavor" : nil
        case _ where code.hasPrefix("InvalidKeyPair"): field = "keyPair"
        case _ where code.hasPrefix("InvalidGroup"), _ where code.hasPrefix("InvalidSubnet"): field = "interfaces"
        case _ where code.hasPrefix("InvalidSnapshot"), _ where code.hasPrefix("InvalidBlockDevice"): field = "disks"
        default: field = error.field.flatMap { $0.split(separator: ".").last.map(String.init) }
        }
        if error.code == .notFound { error.code = .invalidArgument }
        if let field, error.code == .invalidArgument { error.field = "items[\(index)].\(field)" }
        error.message = "machine '\(item.name)' (\(item.flavor), \(item.image)): \(error.message)"
        return error
    }

    private static func check(batchToken: String) throws(ConnectorError) {
        let isPlain = batchToken.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "-")
        }
        guard isPlain, (1...64).contains(batchToken.utf8.count) else {
            throw ConnectorError(
                code: .invalidArgument, message: "a batch token has 1 to 64 characters of A-Z, a-z, 0-9 and -",
                field: "batchToken")
        }
    }
}
