package import ContextualizationAPI
package import Jinja

/// A module: a pure function from arguments and facts to a shell program and the meaning of what it prints.
///
/// It holds no session, reads no clock and no file: what it needs of the controller is asked for by ``sources(_:)`` and
/// given in ``ModuleContext/sources``. To add one: a folder with the type, an entry in ``ModuleRegistry/all``, a test.
package protocol Module: Sendable {
    static var documentation: ModuleDocumentation { get }

    /// Files and templates of the controller that ``plan(_:_:)`` needs.
    static func sources(_ arguments: ModuleArguments) -> [SourceRequest]

    /// The first step of the work.
    static func plan(_ arguments: ModuleArguments, _ context: ModuleContext) throws(ModuleError) -> ModuleStep
}

extension Module {
    package static func sources(_ arguments: ModuleArguments) -> [SourceRequest] { [] }
}

/// A file of the controller.
package struct SourceRequest: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case file
        case template
    }

    package var kind: Kind
    package var path: String
    /// Whether links in a folder stand for what they lead to.
    package var followsLinks: Bool
    /// Whether encrypted content is decrypted.
    package var decrypts: Bool

    package init(kind: Kind, path: String, followsLinks: Bool = true, decrypts: Bool = true) {
        self.kind = kind
        self.path = path
        self.followsLinks = followsLinks
        self.decrypts = decrypts
    }
}

extension ModuleArguments {
    /// The controller's file that `src` names; none where `remote_src` says that it is on the machine.
    var controllerFiles: [SourceRequest] {
        guard bool("remote_src") != true, let path = string("src") else { return [] }
        return [
            SourceRequest(
                kind: .file, path: path, followsLinks: bool("local_follow") ?? true, decrypts: bool("decrypt") ?? true)
        ]
    }
}

/// The content of a requested source; a template is rendered already.
package struct ModuleSource: Sendable {
    /// Relative path and content of a file in a folder.
    package struct Entry: Sendable {
        package var path: String
        package var content: Payload
        package var mode: Int
        package var isDirectory: Bool
        /// Where it leads, as written, if it is a link.
        package var link: String?

        package init(path: String, content: Payload, mode: Int, isDirectory: Bool) {
            self.path = path
            self.content = content
            self.mode = mode
            self.isDirectory = isDirectory
        }

        package init(path: String, link: String) {
            self.init(path: path, content: Payload([]), mode: 0o777, isDirectory: false)
            self.link = link
        }
    }

    package enum Content: Sendable {
        case file(Payload, mode: Int)
        case directory([Entry])
    }

    package var content: Content
    /// Where the controller has it.
    package var path: String?

    package init(_ content: Content, path: String? = nil) {
        self.content = content
        self.path = path
    }
}

/// What a module knows beside its arguments.
package struct ModuleContext: Sendable {
    /// Only find out what would change.
    package var isCheckMode: Bool
    /// Answer the difference of contents.
    package var wantsDifference: Bool
    /// Facts of the machine without the prefix `ansible_`; empty where none were gathered.
    package var facts: JinjaDict
    package var sources: [SourceRequest: ModuleSource]
    /// Time limit of a program; nil: none.
    package var timeout: Duration?

    package init(
        isCheckMode: Bool = false, wantsDifference: Bool = false, facts: JinjaDict = JinjaDict(),
        sources: [SourceRequest: ModuleSource] = [:], timeout: Duration? = nil
    ) {
        self.isCheckMode = isCheckMode
        self.wantsDifference = wantsDifference
        self.facts = facts
        self.sources = sources
        self.timeout = timeout
    }
}

/// What comes next in the work of a module.
package enum ModuleStep: Sendable {
    case run(ModuleInvocation)
    /// Waits for the machine to answer as wanted.
    case wait(ModuleWait)
    /// Lets time pass without the machine.
    case sleep(Duration, then: ModuleResult)
    /// Writes a file of the controller, where the run may do so.
    case save(ControllerFile)
    case finish(ModuleResult)
}

/// A program that is run on a new connection again and again until it answers as wanted, or time is over.
package struct ModuleWait: Sendable {
    package var script: String
    /// Before the first try.
    package var delay: Duration
    /// Between tries.
    package var pause: Duration
    package var timeout: Duration
    /// What is not yet as wanted; nil: all is.
    package var problem: @Sendable (ProgramOutput) -> String?
    /// Told the last problem where time is over, and how long it took.
    package var next: @Sendable (_ problem: String?, _ elapsed: Duration) -> ModuleStep

    package init(
        script: String, delay: Duration = .zero, pause: Duration = .seconds(1), timeout: Duration,
        problem: @escaping @Sendable (ProgramOutput) -> String?,
        next: @escaping @Sendable (_ problem: String?, _ elapsed: Duration) -> ModuleStep
    ) {
        self.script = script
        self.delay = delay
        self.pause = pause
        self.timeout = timeout
        self.problem = problem
        self.next = next
    }
}

/// A program with the meaning of its output.
package struct ModuleInvocation: Sendable {
    package var script: String
    package var files: [String: [UInt8]]
    package var standardInput: [UInt8]?
    /// Paths and other objects (`package:nginx`) that it looks at.
    package var reads: [String]
    /// What it may change.
    package var writes: [String]
    /// That the connection ends while it runs is no failure: it counts as a program that printed nothing.
    package var mayEndConnection = false
    /// Begins an edit: what is written is made of what was read, so another one of the same file is better done later.
    package var isEdit = false
    /// Most bytes of output; nil: as usual.
    package var outputLimit: Int?
    /// Turns the output into a result, or into the next program.
    package var decode: @Sendable (ProgramOutput) -> ModuleStep

    package init(
        script: String, files: [String: [UInt8]] = [:], standardInput: [UInt8]? = nil, reads: [String] = [],
        writes: [String] = [], decode: @escaping @Sendable (ProgramOutput) -> ModuleStep
    ) {
        self.script = script
        self.files = files
        self.standardInput = standardInput
        self.reads = reads
        self.writes = writes
        self.decode = decode
    }
}
