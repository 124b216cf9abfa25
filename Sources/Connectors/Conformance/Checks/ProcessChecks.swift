import ConnectorAPI
import Foundation

extension ConformanceSuite {
    /// How the executable starts and ends.
    static let processChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "process.describe", title: "`describe` prints what `initialize` answers",
            rules: ["P1", "D1"],
            mend: "Print the result of initialize as one JSON object when the argument is `describe`, and end with 0.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            let (lines, errors) = try await run.talk("describe") { talk in
                await talk.wire.closeInput()
                var lines: [String] = []
                while let line = await talk.wire.line(withinMs: run.settings.answerMs) { lines.append(line) }
                for line in lines { talk.transcript.received(line) }
                try await run.expectEnd(talk, status: 0, after: "'describe'")
                return (lines, talk.wire.standardError)
            }
            let text = lines.joined(separator: "\n")
            let hint = errors.isEmpty ? "" : "; on standard error: \(errors.prefix(300))"
            guard let printed = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)),
                case .object = printed
            else { throw CheckEnd.failed("'describe' does not print one JSON object\(hint)") }
            try run.expect(printed["protocolVersion"] == 1, "'describe' prints no \"protocolVersion\": 1")
            let answered = try await run.talk { try await $0.initialize() }
            for key in [
                "protocolVersion", "connector", "providerTypes", "imageSchemes", "capabilities", "requirements",
            ]
            where printed[key] != answered[key] {
                throw CheckEnd.failed(
                    "'\(key)' is \(Transcript.json(printed[key] ?? .null)) at 'describe' and "
                        + "\(Transcript.json(answered[key] ?? .null)) at initialize")
            }
        },
        ConformanceCheck(
            id: "process.by-hand", title: "started by hand it explains itself", level: .should,
            rules: ["P3"],
            mend: "Where CONNECTOR_COOKIE is not set, write one sentence to standard error and exit with 64.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            try await run.talk(byHand: true) { talk in
                await talk.wire.closeInput()
                try await run.expectEnd(talk, status: 64, after: "its start without CONNECTOR_COOKIE")
                try run.expect(!talk.wire.standardError.isEmpty, "it says nothing on standard error")
            }
        },
        ConformanceCheck(
            id: "process.end-of-input", title: "the end of its input ends it",
            rules: ["P2"],
            mend: "Leave the loop when standard input ends, wait for no other thread, and exit with 0.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            try await run.talk { talk in
                try await talk.initialize()
                await talk.wire.closeInput()
                try await run.expectEnd(talk, status: 0, after: "the end of its standard input")
            }
        },
        ConformanceCheck(
            id: "process.exit", title: "`shutdown` and `exit` end it",
            rules: ["P2", "W3"],
            mend: "Answer shutdown with {}, and exit with 0 at the notification exit.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            try await run.talk { talk in
                try await talk.initialize()
                let result = try await talk.call(2, "shutdown")
                guard case .object = result else {
                    throw CheckEnd.failed("shutdown was answered with \(Transcript.json(result))")
                }
                try await talk.notify("exit")
                try await run.expectEnd(talk, status: 0, after: "exit")
            }
        },
    ]

    /// What is on the wire.
    static let wireChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "wire.versions", title: "the highest common version is taken",
            rules: ["W1"],
            mend: "Look for 1 in protocolVersions: answer it, or the error with data.code `unsupported`.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            let chosen = try await run.talk { try await $0.initialize(versions: [77, 1, 78]) }["protocolVersion"]
            try run.expect(
                chosen == 1, "of the versions 77, 1, 78 it took \(chosen.map { Transcript.json($0) } ?? "none")")
            try await run.talk { talk in
                try await talk.send(talk.request(1, "initialize", Conversation.offer([77, 78])))
                let answer = try await talk.answer(1, to: "initialize with the versions 77 and 78")
                try run.expect(
                    answer["error"]?["data"]?["code"] == "unsupported",
                    "initialize with the versions 77 and 78 alone was answered with \(Transcript.json(answer))")
            }
        },
        ConformanceCheck(
            id: "wire.ids", title: "many calls at once are each answered once",
            rules: ["W2", "W3", "W5"],
            mend: "Split what is read at newlines and answer each line with the id that it has.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            try await run.talk { talk in
                try await talk.initialize()
                let ids = Array(100..<130)
                try await talk.send(ids.map { talk.request($0, "ping") }.joined(), shown: "30 pings in one piece")
                var open = Set(ids)
                while !open.isEmpty {
                    guard let message = try await talk.next() else {
                        throw CheckEnd.failed("of 30 calls, \(open.count) were not answered: \(open.sorted())")
                    }
                    guard let id = message["id"]?.integerValue, let known = open.remove(Int(id)) else {
                        throw CheckEnd.failed(
                            "an answer has the id \(Transcript.json(message["id"] ?? .null)), which no open call has")
                    }
                    guard case .object? = message["result"] else {
                        throw CheckEnd.failed("ping \(known) was answered with \(Transcript.json(message))")
                    }
                }
                if let more = try await talk.next(withinMs: 200), more["method"] == nil {
                    throw CheckEnd.failed("after 30 answers to 30 calls came another: \(Transcript.json(more))")
                }
            }
        },
        ConformanceCheck(
            id: "wire.pieces", title: "a message may come in pieces",
            rules: ["W5"],
            mend: "Collect what is read until there is a newline; one read is not one message.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            try await run.talk { talk in
                try await talk.initialize()
                let text = talk.request(2, "ping")
                let middle = text.index(text.startIndex, offsetBy: text.count / 2)
                try await talk.send(String(text[..<middle]))
                try await Task.sleep(for: .milliseconds(50))
                try await talk.send(String(text[middle...]) + talk.request(3, "ping"))
                var open: Set<Int64> = [2, 3]
                while !open.isEmpty {
                    guard let message = try await talk.next(), let id = message["id"]?.integerValue else {
                        throw CheckEnd.failed("a message that came in two pieces was not answered")
                    }
                    try run.expect(open.remove(id) != nil && message["result"] != nil, "ping \(id) failed")
                }
            }
        },
        ConformanceCheck(
            id: "wire.any-json", title: "messages are read as JSON", level: .should,
            rules: ["W6"],
            mend: "Use a JSON parser instead of looking for text.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            try await run.talk { talk in
                try await talk.initialize()
                try await talk.send(
                    #"  { "params" : { "id" : 5, "method" : "exit" } , "method" : "\u0070ing", "#
                        + #""id" : 2 , "jsonrpc" : "2.0" } "# + "\r\n")
                let answer = try await talk.answer(2, to: "a ping in another form of the same JSON")
                try run.expect(answer["result"] != nil, "it was answered with \(Transcript.json(answer))")
            }
        },
        ConformanceCheck(
            id: "wire.errors", title: "unknown methods and wrong parameters have their codes",
            rules: ["W4"],
            mend: "Answer -32601 for an unknown method and -32602 for wrong parameters, and read on.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            try await run.talk { talk in
                try await talk.initialize()
                try await talk.send(talk.request(2, "future.method", ["a": 1]))
                let unknown = try await talk.answer(2, to: "an unknown method")["error"]
                try run.expect(
                    unknown?["code"] == -32601,
                    "an unknown method was answered with \(Transcript.json(unknown ?? .null)) instead of -32601")
                try await talk.send(talk.request(3, "session.open", ["credentials": 7, "config": "x"]))
                let wrong = try await talk.answer(3, to: "session.open with a number for credentials")["error"]
                try run.expect(
                    wrong?["code"] == -32602 || wrong?["data"]?["code"] == "invalidArgument",
                    "wrong parameters were answered with \(Transcript.json(wrong ?? .null))")
                try await talk.ping(4, after: "two wrong calls")
            }
        },
        ConformanceCheck(
            id: "wire.rubbish", title: "a line that is no JSON breaks nothing", level: .should,
            rules: ["W8"],
            mend: "Answer the error -32700 with \"id\": null where a line cannot be parsed, and read the next one.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            try await run.talk { talk in
                try await talk.initialize()
                try await talk.send("this is no JSON\n")
                guard let message = try await talk.next(withinMs: 5000) else {
                    throw CheckEnd.failed("a line that is no JSON was not answered")
                }
                try run.expect(
                    message["error"]?["code"] == -32700 && (message["id"] ?? .null) == .null,
                    "a line that is no JSON was answered with \(Transcript.json(message))")
                try await talk.ping(2, after: "a line that is no JSON")
            }
        },
        ConformanceCheck(
            id: "wire.large", title: "a message of 15 MiB is read",
            rules: ["W7"],
            mend: "Take no fixed buffer for a line: it may have up to 16 MiB.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            try await run.talk(patienceMs: 6 * run.settings.answerMs) { talk in
                try await talk.initialize()
                let text = talk.request(2, "ping", ["x": .string(String(repeating: "x", count: 15 << 20))])
                try await talk.send(text, shown: "ping with 15 MiB")
                let answer = try await talk.answer(2, to: "a ping of 15 MiB")
                try run.expect(answer["result"] != nil, "it was answered with \(Transcript.json(answer))")
                try await talk.ping(3, after: "a message of 15 MiB")
            }
        },
        ConformanceCheck(
            id: "wire.cancel", title: "what is cancelled is answered",
            rules: ["G6", "W2"],
            mend: "Keep the call in the table of open calls when it is cancelled; answer `cancelled` or its result.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            try await run.talk { talk in
                let session = try await run.session(talk)
                let tags = JSONValue.object(run.tags.mapValues { .string($0) })
                let cancel: JSONValue = ["jsonrpc": "2.0", "method": "$/cancel", "params": ["id": 3]]
                try await talk.send(
                    talk.request(3, "resource.list", ["session": session, "tags": tags])
                        + Transcript.json(cancel) + "\n")
                let answer = try await talk.answer(3, to: "a call that was cancelled")
                try run.expect(
                    answer["result"] != nil || answer["error"]?["data"]?["code"] == "cancelled",
                    "a call that was cancelled was answered with \(Transcript.json(answer))")
                // One that is over, and one that never was.
                try await talk.send(Transcript.json(cancel) + "\n")
                try await talk.notify("$/cancel", ["id": 77])
                try await talk.ping(4, after: "$/cancel of calls that are over")
            }
        },
        ConformanceCheck(
            id: "wire.stdout", title: "standard output holds messages alone",
            rules: ["P4"],
            mend: "Duplicate descriptor 1, write messages there, and point descriptor 1 at standard error before "
                + "anything else runs: a library's print then goes to the log.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            try await run.talk { talk in
                let session = try await run.session(talk)
                let tags = JSONValue.object(run.tags.mapValues { .string($0) })
                _ = try await talk.call(3, "resource.list", ["session": session, "tags": tags])
                _ = try await talk.call(4, "machine.describe", ["session": session, "ids": ["no-such-machine"]])
                _ = try await talk.call(5, "session.close", ["session": session])
                _ = try await talk.call(6, "shutdown")
                try await talk.notify("exit")
                while let more = try await talk.next(withinMs: 5000) {
                    try run.expect(more["method"] != nil, "an answer came that nothing asked for")
                }
            }
        },
        ConformanceCheck(
            id: "launch.stdout", title: "a launch and what follows write messages alone",
            rules: ["P4"],
            mend: "Something prints while machines are made, asked for or ended: a library, a command whose output is "
                + "not caught, a print left over. Point descriptor 1 at standard error before anything else runs.",
            facilities: [.dialogue]
        ) { run in
            try await run.talk { talk in
                let session = try await run.session(talk)
                let items = try await run.specs(try await run.open(), 1)
                guard case .string(let own) = session else { throw CheckEnd.failed("the session's id is no text") }
                let request = LaunchRequest(
                    session: SessionID(rawValue: own), batchToken: run.token(), items: items, tags: run.tags)
                run.recording.noteAttempt()
                let launched = try await talk.call(3, "machine.launch", try Conversation.parameters(request))
                guard case .array(let outcomes) = launched, let id = outcomes.first?["done"]?["id"] else {
                    throw CheckEnd.failed("machine.launch gave \(Transcript.json(launched)) for one machine")
                }
                let named: JSONValue = ["session": session, "ids": [id]]
                _ = try await talk.call(4, "machine.describe", named)
                let tags = JSONValue.object(run.tags.mapValues { .string($0) })
                _ = try await talk.call(5, "resource.list", ["session": session, "tags": tags])
                _ = try await talk.call(6, "machine.terminate", named)
                try await talk.ping(7, after: "a launch")
            }
        },
    ]
}
