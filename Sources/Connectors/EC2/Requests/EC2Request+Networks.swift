extension EC2Request {
    static func createVPC(cidr: String, tags: [String: String]) -> EC2Request {
        EC2Request("CreateVpc") { query in
            query.add("CidrBlock", cidr)
            query.add(tagSpecification: 1, "vpc", tags)
        }.once
    }

    static func createSubnet(vpc: String, cidr: String, tags: [String: String]) -> EC2Request {
        EC2Request("CreateSubnet") { query in
            query.add("VpcId", vpc)
            query.add("CidrBlock", cidr)
            query.add(tagSpecification: 1, "subnet", tags)
        }.once
    }

    /// Machines of the subnet get public addresses.
    static func assignPublicAddresses(subnet: String) -> EC2Request {
        EC2Request("ModifySubnetAttribute") { query in
            query.add("SubnetId", subnet)
            query.add("MapPublicIpOnLaunch.Value", "true")
        }
    }

    static func describeGateways(tags: [String: String]) -> EC2Request {
        EC2Request("DescribeInternetGateways") { $0.filter(tags: tags) }
    }

    static func describeGateways(id: String) -> EC2Request {
        EC2Request("DescribeInternetGateways") { $0.filter("internet-gateway-id", [id]) }
    }

    static func createGateway(tags: [String: String]) -> EC2Request {
        EC2Request("CreateInternetGateway") { $0.add(tagSpecification: 1, "internet-gateway", tags) }.once
    }

    /// `AttachInternetGateway` or `DetachInternetGateway`.
    static func gateway(_ action: String, _ gateway: String, vpc: String) -> EC2Request {
        EC2Request(action) { query in
            query.add("InternetGatewayId", gateway)
            query.add("VpcId", vpc)
        }
    }

    static func describeMainRouteTable(vpc: String) -> EC2Request {
        EC2Request("DescribeRouteTables") { query in
            query.filter("vpc-id", [vpc])
            query.filter("association.main", ["true"])
        }
    }

    static func createDefaultRoute(table: String, gateway: String) -> EC2Request {
        EC2Request("CreateRoute") { query in
            query.add("RouteTableId", table)
            query.add("DestinationCidrBlock", "0.0.0.0/0")
            query.add("GatewayId", gateway)
        }
    }
}
