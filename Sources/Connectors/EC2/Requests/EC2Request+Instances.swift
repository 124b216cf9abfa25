import ConnectorAPI
import Foundation

extension EC2Request {
    /// Starts the machines of a group. All or none: `MinCount` is `MaxCount`.
    static func runInstances(
        _ group: LaunchGroup, _ launch: LaunchParameters, rootDevice: String?
    ) -> EC2Request {
        EC2Request("RunInstances") { query in
            query.add("ImageId", launch.image)
            query.add("InstanceType", group.spec.flavor)
            query.add("MinCount", group.items.count)
            query.add("MaxCount", group.items.count)
            query.add("ClientToken", group.clientToken)
            query.add("KeyName", group.spec.keyPair)
            query.add("UserData", group.spec.userData?.base64EncodedString())
            query.add("Placement.AvailabilityZone", group.spec.zone)
            let settings = group.spec.provider["ec2"]
            query.add("Placement.GroupName", settings?["placementGroup"]?.stringValue)
            if let profile = settings?["iamInstanceProfile"]?.stringValue {
                query.add(profile.hasPrefix("arn:") ? "IamInstanceProfile.Arn" : "IamInstanceProfile.Name", profile)
            }
            addNetwork(launch, &query)
            addDisks(launch, rootDevice, &query)
            if let spot = group.spec.spot {
                query.add("InstanceMarketOptions.MarketType", "spot")
                query.add("InstanceMarketOptions.SpotOptions.SpotInstanceType", "one-time")
                query.add("InstanceMarketOptions.SpotOptions.MaxPrice", spot.maxPrice.map { "\($0)" })
            }
            query.add(tagSpecification: 1, "instance", group.tags)
            query.add(tagSpecification: 2, "volume", group.volumeTags)
        }
    }

    /// The public address can be asked for with an interface only, which then also takes subnet and groups.
    private static func addNetwork(_ launch: LaunchParameters, _ query: inout QueryParameters) {
        guard let associates = launch.associatesPublicAddress else {
            query.add("SubnetId", launch.subnet)
            query.add("PrivateIpAddress", launch.privateAddress)
            query.add(list: "SecurityGroupId", launch.groups)
            return
        }
        query.add("NetworkInterface.1.DeviceIndex", 0)
        query.add("NetworkInterface.1.AssociatePublicIpAddress", associates ? "true" : "false")
        query.add("NetworkInterface.1.DeleteOnTermination", "true")
        query.add("NetworkInterface.1.SubnetId", launch.subnet)
        query.add("NetworkInterface.1.PrivateIpAddress", launch.privateAddress)
        query.add(list: "NetworkInterface.1.SecurityGroupId", launch.groups)
    }

    private static func addDisks(
        _ launch: LaunchParameters, _ rootDevice: String?, _ query: inout QueryParameters
    ) {
        var number = 0
        func add(_ device: String, _ size: Int64?, _ snapshot: String?, _ type: String?) {
            number += 1
            let prefix = "BlockDeviceMapping.\(number)"
            query.add("\(prefix).DeviceName", device)
            query.add("\(prefix).Ebs.VolumeSize", size.map { "\($0)" })
            query.add("\(prefix).Ebs.SnapshotId", snapshot)
            query.add("\(prefix).Ebs.VolumeType", type)
            query.add("\(prefix).Ebs.DeleteOnTermination", "true")
        }
        if let disk = launch.rootDisk, let rootDevice {
            add(rootDevice, disk.sizeBytes.map(EC2BlockDevice.gibibytes), nil, disk.type)
        }
        for disk in launch.disks { add(disk.device, disk.sizeGiB, disk.snapshot, disk.type) }
    }

    /// - Parameter ids: At most 1,000; an unknown one makes EC2 refuse all.
    static func describeInstances(ids: [String]) -> EC2Request {
        EC2Request("DescribeInstances") { $0.add(list: "InstanceId", ids) }
    }

    /// - Parameter ids: At most 200; unknown ones are left out of the answer.
    static func describeInstances(known ids: [String]) -> EC2Request {
        EC2Request("DescribeInstances") { $0.filter("instance-id", ids) }
    }

    /// Instances that are not at their end.
    static func describeInstances(tags: [String: String], page: String?) -> EC2Request {
        EC2Request("DescribeInstances") { query in
            query.filter(tags: tags)
            query.filter("instance-state-name", ["pending", "running", "stopping", "stopped"])
            query.add("MaxResults", 1_000)
            query.add("NextToken", page)
        }
    }

    /// `TerminateInstances`, `StartInstances`, `StopInstances`, `RebootInstances`.
    static func change(_ action: String, ids: [String]) -> EC2Request {
        EC2Request(action) { $0.add(list: "InstanceId", ids) }
    }

    static func setType(_ id: String, _ type: String) -> EC2Request {
        EC2Request("ModifyInstanceAttribute") { query in
            query.add("InstanceId", id)
            query.add("InstanceType.Value", type)
        }
    }
}
