import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

/// Clouds, statistics and estimates.
@Suite struct RESTCloudTests {
    @Test(
        "as IM answers",
        arguments: [
            (
                "/clouds/dummy/images", 200,
                #"{"images":[{"name":"Image Name1","uri":"mock0://linux.for.ev.er/image1"},"#
                    + #"{"name":"Image Name2","uri":"mock0://linux.for.ev.er/image2"}]}"#
            ),
            (
                "/clouds/dummy/images?filters=distribution=dummy,version=2", 200,
                #"{"images":[{"name":"Image Name2","uri":"mock0://linux.for.ev.er/image2"}]}"#
            ),
            ("/clouds/dummy/images?filters=foo", 400, "Invalid format in filters parameter."),
            (
                "/clouds/dummy/quotas", 200,
                #"{"quotas":{"cores":{"limit":10,"used":1},"floating_ips":{"limit":10,"used":1},"#
                    + #""instances":{"limit":10,"used":1},"ram":{"limit":10,"used":1},"#
                    + #""security_groups":{"limit":10,"used":1}}}"#
            ),
            ("/clouds/nope/quotas", 400, "Error getting cloud info: Cloud ID nope not found."),
            ("/clouds/dummy/foo", 404, "Not Found"),
            ("/stats", 200, #"{"stats":[]}"#),
            ("/stats?init_date=foo", 400, "Incorrect format in init_date parameter: YYYY/MM/dd"),
            ("/stats?end_date=2026-02-30", 400, "Incorrect format in end_date parameter: YYYY/MM/dd"),
        ])
    func answers(path: String, status: Int, text: String) async throws {
        try await Served.serve { client in
            let answer = try await Served.ask(client, .get, path)
            #expect(answer.status.code == status)
            #expect(answer.text == text)
        }
    }

    @Test func whoDoesNotLogInIsToldNothing() async throws {
        try await Served.serve { client in
            for path in ["/clouds/dummy/images", "/clouds/dummy/quotas", "/stats"] {
                let answer = try await Served.ask(client, .get, path, Served.headers(nil))
                #expect(answer.status == .unauthorized)
            }
        }
    }

    @Test func statistics() async throws {
        try await Served.serve { client in
            let id = try await Served.configured(client)
            let json = try await Served.ask(client, .get, "/stats?init_date=2026-01-01&end_date=9999/12/31")
            #expect(json.headers[.contentType] == "application/json")
            #expect(json.text.contains(#""cloud_host":"","cloud_type":"Dummy","cpu_count":2"#), "\(json.text)")
            #expect(json.text.contains(#""deleted":false,"hybrid":false,"im_user":"ada","inf_id":"\#(id)""#))
            #expect(json.text.contains(#""memory_size":2147"#))
            let table = try await Served.ask(client, .get, "/stats", Served.headers(accept: "text/csv"))
            #expect(table.headers[.contentType] == "text/csv; charset=utf-8")
            let lines = table.text.split(separator: "\n")
            let head =
                "creation_date,tosca_name,vm_count,cpu_count,memory_size,cloud_type,cloud_host,hybrid,deleted,"
                + "im_user,inf_id,last_date"
            #expect(lines.first.map(String.init) == head)
            #expect(lines.last?.contains(",,2,2,2147,Dummy,,False,False,ada,\(id),") == true)
            let none = try await Served.ask(client, .get, "/stats?end_date=2020-01-01")
            #expect(none.text == #"{"stats":[]}"#)
        }
    }

    @Test func estimates() async throws {
        let header = Served.login + #"\nid = dummy; type = Dummy; host = http://dummy.example:80"#
        try await Served.serve { client in
            let answer = try await Served.ask(
                client, .post, "/infrastructures?dry_run=yes", Served.headers(header),
                body: Array(Served.document.utf8))
            #expect(answer.status == .ok)
            #expect(
                answer.text
                    == #"{"dummy":{"cloudEndpoint":"http://dummy.example:80","cloudType":"Dummy","compute":["#
                    + #"{"cpuCores":1,"memoryInMegabytes":1074,"publicIP":1},"#
                    + #"{"cpuCores":1,"memoryInMegabytes":1074,"publicIP":1}],"storage":[]}}"#)
            let empty = try await Served.ask(client, .post, "/infrastructures?dry_run=1")
            #expect(empty.text == "{}")
            let nowhere = try await Served.ask(
                client, .post, "/infrastructures?dry_run=1", Served.headers(Served.login),
                body: Array(Served.document.utf8))
            #expect(nowhere.status == .badRequest)
            #expect(nowhere.text.hasPrefix("Error Creating Inf.: "))
            #expect(try await Served.ask(client, .get, "/infrastructures").text.isEmpty)
        }
    }
}
