import ConnectorAPI

/// An image of Glance. Properties of its own stand beside the members that every image has.
struct GlanceImage: Decodable, Sendable, Hashable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    var id: String
    var name: String
    var status: String
    var owner: String?
    /// GiB.
    var minDisk: Int64
    var size: Int64?
    /// Members that are texts.
    var properties: [String: String]

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decode(String.self, forKey: Key(stringValue: "id"))
        name = try container.decodeIfPresent(String.self, forKey: Key(stringValue: "name")) ?? ""
        status = try container.decodeIfPresent(String.self, forKey: Key(stringValue: "status")) ?? ""
        owner = try container.decodeIfPresent(String.self, forKey: Key(stringValue: "owner"))
        minDisk = try container.decodeIfPresent(Int64.self, forKey: Key(stringValue: "min_disk")) ?? 0
        size = try container.decodeIfPresent(Int64.self, forKey: Key(stringValue: "size"))
        var properties: [String: String] = [:]
        for key in container.allKeys {
            if let text = try? container.decode(String.self, forKey: key) { properties[key.stringValue] = text }
        }
        self.properties = properties
    }
}

struct GlanceImages: Decodable, Sendable {
    var images: [GlanceImage]
    private var next: String?

    var marker: String? { next == nil ? nil : images.last?.id }

    private enum CodingKeys: String, CodingKey {
        case images, next
    }
}

struct CinderVolume: Decodable, Sendable, Hashable {
    struct Attachment: Decodable, Sendable, Hashable {
        var server: String

        private enum CodingKeys: String, CodingKey {
            case server = "server_id"
        }
    }

    var id: String
    var name: String?
    var status: String
    /// GiB.
    var size: Int64?
    var metadata: [String: String]?
    var attachments: [Attachment]?
}

struct CinderVolumes: Decodable, Sendable {
    struct Link: Decodable, Sendable {
        var rel: String
    }

    var volumes: [CinderVolume]
    private var links: [Link]?

    var marker: String? {
        links?.contains { $0.rel == "next" } == true ? volumes.last?.id : nil
    }

    private enum CodingKeys: String, CodingKey {
        case volumes
        case links = "volumes_links"
    }
}

struct CinderVolumeAnswer: Decodable, Sendable {
    var volume: CinderVolume
}

struct CinderLimits: Decodable, Sendable {
    struct Limits: Decodable, Sendable {
        var absolute: [String: Int64]
    }
    var limits: Limits
}
