import ConnectorAPI
import Foundation

extension EC2Request {
    // MARK: Security groups

    static func describeSecurityGroups(tags: [String: String], vpc: String? = nil, page: String? = nil) -> EC2Request {
        EC2Request("DescribeSecurityGroups") { query in
            query.filter(tags: tags)
            if let vpc { query.filter("vpc-id", [vpc]) }
            query.add("MaxResults", 1_000)
            query.add("NextToken", page)
        }
    }

    static func describeSecurityGroups(name: String, vpc: String?) -> EC2Request {
        EC2Request("DescribeSecurityGroups") { query in
            query.filter("group-name", [name])
            if let vpc { query.filter("vpc-id", [vpc]) }
        }
    }

    static func createSecurityGroup(_ spec: SecurityGroupSpec, vpc: String?, tags: [String: String]) -> EC2Request {
        EC2Request("CreateSecurityGroup") { query in
            query.add("GroupName", spec.name)
            query.add("GroupDescription", spec.description.nonEmpty ?? spec.name)
            query.add("VpcId", vpc)
            query.add(tagSpecification: 1, "security-group", tags)
        }
    }

    /// `AuthorizeSecurityGroupIngress` or `RevokeSecurityGroupIngress`.
    static func changeIngress(
        _ action: String, group: String, _ permissions: [EC2SecurityGroup.Permission]
    ) -> EC2Request {
        EC2Request(action) { query in
            query.add("GroupId", group)
            for (index, permission) in permissions.enumerated() {
                let prefix = "IpPermissions.\(index + 1)"
                query.add("\(prefix).IpProtocol", permission.transport)
                if permission.transport != "-1" {
                    query.add("\(prefix).FromPort", permission.fromPort)
                    query.add("\(prefix).ToPort", permission.toPort)
                }
                switch permission.source {
                case .cidr(let cidr): query.add("\(prefix).IpRanges.1.CidrIp", cidr)
                case .ipv6(let cidr): query.add("\(prefix).Ipv6Ranges.1.CidrIpv6", cidr)
                case .prefixList(let id): query.add("\(prefix).PrefixListIds.1.PrefixListId", id)
                case .group(let id): query.add("\(prefix).Groups.1.GroupId", id)
                }
            }
        }
    }

    // MARK: Key pairs

    static func describeKeyPairs(tags: [String: String]) -> EC2Request {
        EC2Request("DescribeKeyPairs") { query in
            query.add("IncludePublicKey", "true")
            query.filter(tags: tags)
        }
    }

    static func describeKeyPairs(name: String) -> EC2Request {
        EC2Request("DescribeKeyPairs") { query in
            query.add("IncludePublicKey", "true")
            query.filter("key-name", [name])
        }
    }

    static func importKeyPair(_ spec: KeyPairSpec, tags: [String: String]) -> EC2Request {
        EC2Request("ImportKeyPair") { query in
            query.add("KeyName", spec.name)
            query.add("PublicKeyMaterial", Data(spec.publicKey.utf8).base64EncodedString())
            query.add(tagSpecification: 1, "key-pair", tags)
        }
    }

    // MARK: Volumes

    static func describeVolumes(tags: [String: String], page: String? = nil) -> EC2Request {
        EC2Request("DescribeVolumes") { query in
            query.filter(tags: tags)
            query.add("MaxResults", 500)
            query.add("NextToken", page)
        }
    }

    static func describeVolumes(ids: [String]) -> EC2Request {
        EC2Request("DescribeVolumes") { $0.filter("volume-id", ids) }
    }

    /// EC2 knows the client token for minutes only, and imitations of it not at all: so it is sent once all the same.
    static func createVolume(
        _ spec: VolumeSpec, zone: String, snapshot: String?, clientToken: String, tags: [String: String]
    ) -> EC2Request {
        EC2Request("CreateVolume") { query in
            query.add("AvailabilityZone", zone)
            query.add("Size", "\(EC2BlockDevice.gibibytes(spec.sizeBytes))")
            query.add("VolumeType", spec.type)
            query.add("SnapshotId", snapshot)
            query.add("ClientToken", clientToken)
            query.add(tagSpecification: 1, "volume", tags)
        }.once
    }

    static func attachVolume(_ volume: String, to instance: String, device: String) -> EC2Request {
        EC2Request("AttachVolume") { query in
            query.add("VolumeId", volume)
            query.add("InstanceId", instance)
            query.add("Device", device)
        }
    }

    // MARK: Images

    /// Of a machine that goes on running. EC2 refuses a second image of one name.
    static func createImage(_ instance: String, name: String, tags: [String: String]) -> EC2Request {
        EC2Request("CreateImage") { query in
            query.add("InstanceId", instance)
            query.add("Name", name)
            query.add("NoReboot", "true")
            query.add(tagSpecification: 1, "image", tags)
        }
    }

    // MARK: Addresses

    static func describeAddresses(tags: [String: String]) -> EC2Request {
        EC2Request("DescribeAddresses") { $0.filter(tags: tags) }
    }

    static func describeAddresses(filter: String, _ value: String) -> EC2Request {
        EC2Request("DescribeAddresses") { $0.filter(filter, [value]) }
    }

    static func allocateAddress(pool: String?, tags: [String: String]) -> EC2Request {
        EC2Request("AllocateAddress") { query in
            query.add("Domain", "vpc")
            query.add("PublicIpv4Pool", pool)
            query.add(tagSpecification: 1, "elastic-ip", tags)
        }.once
    }

    static func associateAddress(_ allocation: String, with instance: String) -> EC2Request {
        EC2Request("AssociateAddress") { query in
            query.add("AllocationId", allocation)
            query.add("InstanceId", instance)
            query.add("AllowReassociation", "false")
        }
    }

    // MARK: Anything

    /// A call that names one thing and says no more, such as `DeleteVolume`.
    static func act(_ action: String, _ parameter: String, _ id: String) -> EC2Request {
        EC2Request(action) { $0.add(parameter, id) }
    }
}
