import ConnectorAPI

extension Resource {
    /// Groups, subnet and VPC can go only after the machine.
    init(_ instance: EC2Instance, region: String) {
        let machine = Machine(instance, region: region)
        var later = instance.groups.map { Reference(kind: .securityGroup, id: $0) }
        if let subnet = instance.subnet { later.append(Reference(kind: .network, id: subnet)) }
        later += instance.volumes.filter { !$0.deletedWithInstance && !$0.id.isEmpty }.map {
            Reference(kind: .volume, id: $0.id)
        }
        self.init(
            kind: .machine, id: instance.id, name: instance.tags["Name"], tags: machine.tags, dependsOn: later,
            machine: machine)
    }

    init(_ group: EC2SecurityGroup) {
        self.init(
            kind: .securityGroup, id: group.id, name: group.name.nonEmpty, tags: group.tags,
            dependsOn: group.vpc.map { [Reference(kind: .other, id: $0)] } ?? [])
    }

    init(_ pair: EC2KeyPair) {
        self.init(kind: .keyPair, id: pair.name, name: pair.name, tags: pair.tags)
    }

    init(_ volume: EC2Volume) {
        self.init(kind: .volume, id: volume.id, name: volume.tags["Name"], tags: volume.tags)
    }

    init(_ address: EC2Address) {
        self.init(kind: .publicAddress, id: address.allocation, name: address.address, tags: address.tags)
    }

    init(_ subnet: EC2Subnet) {
        self.init(
            kind: .network, id: subnet.id, name: subnet.tags["Name"], tags: subnet.tags,
            dependsOn: [Reference(kind: .other, id: subnet.vpc)],
            provider: ["ec2": ["vpc": .string(subnet.vpc), "zone": .string(subnet.zone)]])
    }

    init(_ gateway: EC2Gateway) {
        self.init(
            kind: .router, id: gateway.id, name: gateway.tags["Name"], tags: gateway.tags,
            dependsOn: gateway.vpc.map { [Reference(kind: .other, id: $0)] } ?? [])
    }

    init(_ vpc: EC2VPC) {
        self.init(kind: .other, id: vpc.id, name: vpc.tags["Name"], tags: vpc.tags)
    }
}
