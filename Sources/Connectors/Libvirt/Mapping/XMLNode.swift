import CLibXML2
import ConnectorAPI

/// An element of what libvirt answers. Names are local names.
struct XMLNode: Sendable, Hashable {
    var name: String
    var attributes: [String: String] = [:]
    var children: [XMLNode] = []
    /// Its own, without that of its children.
    var text = ""

    /// The first child of a name.
    func child(_ name: String) -> XMLNode? { children.first { $0.name == name } }
    func children(_ name: String) -> [XMLNode] { children.filter { $0.name == name } }

    /// - Throws: ``ConnectorError/Code/internal`` for what is no XML: libvirt never says such.
    static func parse(_ document: String, _ what: String) throws(ConnectorError) -> XMLNode {
        var bytes = Array(document.utf8)
        let options = Int32(
            XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue | XML_PARSE_NOERROR.rawValue
                | XML_PARSE_NOWARNING.rawValue)
        let root: XMLNode? = bytes.withUnsafeMutableBytes { buffer in
            guard let start = buffer.bindMemory(to: CChar.self).baseAddress,
                let parsed = xmlReadMemory(start, Int32(buffer.count), nil, nil, options)
            else { return nil }
            defer { xmlFreeDoc(parsed) }
            return xmlDocGetRootElement(parsed).map { XMLNode($0, depth: 0) }
        }
        guard let root else {
            throw ConnectorError(code: .internal, message: "libvirt said no XML for \(what)")
        }
        return root
    }

    private static let deepest = 64

    private init(_ element: xmlNodePtr, depth: Int) {
        name = Self.string(element.pointee.name)
        var attribute = element.pointee.properties
        while let present = attribute {
            attributes[Self.string(present.pointee.name)] = present.pointee.children.map {
                Self.string($0.pointee.content)
            }
            attribute = present.pointee.next
        }
        var child = element.pointee.children
        while let present = child {
            switch present.pointee.type {
            case XML_ELEMENT_NODE where depth < Self.deepest: children.append(XMLNode(present, depth: depth + 1))
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: text += Self.string(present.pointee.content)
            default: break
            }
            child = present.pointee.next
        }
        if !children.isEmpty { text = "" }
    }

    init(name: String, attributes: [String: String] = [:], children: [XMLNode] = [], text: String = "") {
        self.name = name
        self.attributes = attributes
        self.children = children
        self.text = text
    }

    private static func string(_ pointer: UnsafePointer<xmlChar>?) -> String {
        pointer.map { String(cString: $0) } ?? ""
    }

    private static func string(_ pointer: UnsafeMutablePointer<xmlChar>?) -> String {
        string(UnsafePointer(pointer))
    }

    // MARK: - Writing

    /// As XML, without line ends.
    var xml: String {
        var out = "<\(name)"
        for (key, value) in attributes.sorted(by: { $0.key < $1.key }) { out += " \(key)='\(Self.escaped(value))'" }
        if children.isEmpty, text.isEmpty { return out + "/>" }
        out += ">" + Self.escaped(text)
        for child in children { out += child.xml }
        return out + "</\(name)>"
    }

    /// Characters that XML cannot hold become blanks.
    static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "'": out += "&apos;"
            case "\"": out += "&quot;"
            case "\n": out += "&#10;"
            case "\r": out += "&#13;"
            case "\t": out += "&#9;"
            case _ where scalar.value < 0x20 || scalar.value == 0xfffe || scalar.value == 0xffff: out += " "
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
