extension EC2Request {
    /// - Parameter names: At most 100; nil: all, 100 a page.
    static func describeInstanceTypes(names: [String]?, page: String?) -> EC2Request {
        EC2Request("DescribeInstanceTypes") { query in
            if let names {
                // By filter, since an unknown name in the list of types would make EC2 refuse all.
                query.filter("instance-type", names)
            } else {
                query.add("MaxResults", 100)
            }
            query.add("NextToken", page)
        }
    }

    /// Images by id; unknown ones are left out of the answer.
    static func describeImages(ids: [String]) -> EC2Request {
        EC2Request("DescribeImages") { $0.filter("image-id", ids) }
    }

    static func describeImages(name: String) -> EC2Request {
        EC2Request("DescribeImages") { query in
            query.add("Owner.1", "self")
            query.filter("name", [name])
        }
    }

    /// Images that machines can be started from, of some owners; `names` may have `*`.
    static func describeImages(
        owners: [String], names: [String], architecture: String?, tags: [String: String] = [:], page: String?
    ) -> EC2Request {
        EC2Request("DescribeImages") { query in
            query.add(list: "Owner", owners)
            query.filter("image-type", ["machine"])
            query.filter("state", ["available"])
            query.filter("root-device-type", ["ebs"])
            query.filter("virtualization-type", ["hvm"])
            if let architecture { query.filter("architecture", [EC2Architecture.ec2(architecture)]) }
            if !names.isEmpty { query.filter(pattern: "name", names) }
            query.filter(tags: tags)
            query.add("MaxResults", 1_000)
            query.add("NextToken", page)
        }
    }

    static func describeOwnImages(tags: [String: String]) -> EC2Request {
        EC2Request("DescribeImages") { query in
            query.add("Owner.1", "self")
            query.filter(tags: tags)
        }
    }

    static func describeVPCs(tags: [String: String] = [:]) -> EC2Request {
        EC2Request("DescribeVpcs") { $0.filter(tags: tags) }
    }

    static func describeSubnets(ids: [String]? = nil, tags: [String: String] = [:], page: String? = nil) -> EC2Request {
        EC2Request("DescribeSubnets") { query in
            if let ids { query.filter("subnet-id", ids) }
            query.filter(tags: tags)
            if ids == nil { query.add("MaxResults", 1_000) }
            query.add("NextToken", page)
        }
    }

    /// The account's zones of the region; local and wavelength zones are of other types.
    static func describeZones() -> EC2Request {
        EC2Request("DescribeAvailabilityZones") { $0.filter("zone-type", ["availability-zone"]) }
    }

    /// Proves the credentials and the name of the region at once.
    static func describeRegion(_ name: String) -> EC2Request {
        EC2Request("DescribeRegions") { $0.add("RegionName.1", name) }
    }
}
