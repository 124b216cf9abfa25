import ServiceConfiguration
import Testing

struct ServiceConfigurationTests {
    private func configuration(_ texts: String...) throws -> ServiceConfiguration {
        try ServiceConfiguration(files: texts.enumerated().map { ("f\($0.offset)", $0.element) })
    }

    @Test func laterFilesComeFirst() throws {
        let configuration = try configuration(
            "[im]\nrest_port = 1\nREST_ADDRESS = 0.0.0.0", "[im]\nREST_PORT = 2\n[gantry]\nCONNECTOR_DIRS = /a, ,/b")
        #expect(configuration.integer("REST_PORT") == 2)
        #expect(configuration.text("REST_ADDRESS") == "0.0.0.0")
        #expect(configuration.list("CONNECTOR_DIRS", in: .gantry) == ["/a", "/b"])
        #expect(configuration.isSet("REST_PORT") && !configuration.isSet("XMLRCP_PORT"))
        #expect(configuration.integer("XMLRCP_PORT") == 8899)
        #expect(configuration.warnings.isEmpty)
    }

    @Test(arguments: [("yes", true), ("ON", true), ("1", true), ("False", false), ("off", false), ("0", false)])
    func flagsAreAsPythons(text: String, value: Bool) throws {
        #expect(try configuration("[im]\nENABLE_CORS = \(text)").flag("ENABLE_CORS") == value)
    }

    @Test(arguments: [
        "{\"username\": \"ada\", \"password\": \"one\"}", "[{\"username\": \"ada\", \"password\": \"one\"}, {}]",
    ])
    func adminsAreOneOrMany(text: String) throws {
        let admins = try configuration("[im]\nADMIN_USER = \(text)").objects("ADMIN_USER")
        #expect(admins == [["username": "ada", "password": "one"]])
    }

    @Test func everyMistakeOfEveryFileIsTold() {
        let expected = """
            f0:2: REST_PORT: 'many' is no whole number
            f0:3: BOOT_MODE: 3 is not from 0 to 2
            f1:2: ENABLE_CORS: 'maybe' is neither yes nor no
            f1:3: LOG_LEVEL: it is one of trace, debug, info, notice, warning, warn, error, critical
            f1:4: ADMIN_USER: it is no JSON; write {"username": "u", "password": "p"}
            """
        #expect {
            _ = try configuration(
                "[im]\nREST_PORT = many\nBOOT_MODE = 3",
                "[im]\nENABLE_CORS = maybe\nLOG_LEVEL = loud\nADMIN_USER = ada")
        } throws: {
            "\($0)" == expected
        }
    }

    @Test func whatDoesNothingIsSaid() throws {
        let configuration = try configuration(
            "[im]\nMAX_VM_FAILS = 9\nXMLRPC_PORT = 1\nSTATE_DIR = /x\nDELAY_BETWEEN_VM_RETRIES = 5\n[other]\na = 1")
        #expect(
            configuration.warnings.map(\.description) == [
                "f0:3: unknown option XMLRPC_PORT, ignored",
                "f0:4: unknown option STATE_DIR, ignored; it belongs to [gantry]",
                "f0:7: section [other] is none of [im], [gantry], [OpenNebula]; it does nothing",
                "f0:2: MAX_VM_FAILS has no meaning here: a machine is tried once at each cloud that can take it",
            ])
    }

    @Test func itDoesNotStartWhereLoginsWouldBeWeaker() throws {
        let without = try configuration("[im]\nSINGLE_SITE = no")
        #expect(without.refusal == nil)
        #expect(without.warnings.isEmpty)
        let refusal = try #require(try configuration("[im]\nSINGLE_SITE = yes").refusal)
        #expect(refusal.description.hasPrefix("f0:2: SINGLE_SITE cannot be kept to"))
    }

    @Test(arguments: [
        ("FORCE_OIDC_AUTH = yes", "FORCE_OIDC_AUTH lets nobody in"),
        ("OIDC_ISSUERS = issuer.test", "OIDC_ISSUERS: 'issuer.test' is no address"),
        ("OIDC_ISSUERS = https://a.test,http://b.test/x", "OIDC_ISSUERS: 'http://b.test/x' is no address"),
        ("OIDC_ADMIN_GROUPS = {\"group\": \"g\"}", "OIDC_ADMIN_GROUPS: each object has"),
    ])
    func whatDoesNotFitTogetherAboutTokens(line: String, problem: String) throws {
        let refusal = try #require(try configuration("[im]\n\(line)").refusal)
        #expect(refusal.description.hasPrefix("f0:2: \(problem)"), "\(refusal)")
    }

    @Test func optionsAboutTokens() throws {
        let configuration = try configuration(
            """
            [im]
            FORCE_OIDC_AUTH = yes
            OIDC_ISSUERS = https://a.test/x/, http://127.0.0.1:8080, http://[::1]/
            OIDC_ADMIN_GROUPS = [{"issuer": "https://a.test/x/", "group": "g"}]
            REST_ROOT_PATH = /im
            """)
        #expect(configuration.refusal == nil)
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.list("OIDC_ISSUERS").count == 3)
        #expect(configuration.objects("OIDC_ADMIN_GROUPS") == [["issuer": "https://a.test/x/", "group": "g"]])
    }

    @Test func theReportHidesSecrets() throws {
        let configuration = try configuration(
            "[im]\nADMIN_USER = {\"username\": \"ada\", \"password\": \"MARKER\"}\nREST_PORT = 9")
        let report = configuration.report()
        #expect(!report.contains("MARKER"))
        #expect(report.contains("REST_PORT = 9  # f0:3\n"))
        #expect(report.contains("ADMIN_USER = ***  # f0:2\n"))
        #expect(report.contains("XMLRCP_PORT = 8899  # default\n"))
    }

    @Test func theSampleChangesNothing() throws {
        let sample = ServiceConfiguration.sample()
        #expect(try ServiceConfiguration(files: [("sample", sample)]) == ServiceConfiguration())
        let active = sample.split(separator: "\n").map { $0.hasPrefix("#") && $0.contains(" = ") ? $0.dropFirst() : $0 }
        let configuration = try ServiceConfiguration(files: [("sample", active.joined(separator: "\n"))])
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.integer("REST_PORT") == 8800)
    }
}
