import RADL
import TOSCA
import Testing

/// Public templates: taken, or refused for a reason that the author would accept.
@Suite struct CorpusTests {
    /// Why a template is refused.
    enum Reason: Sendable, Hashable {
        /// It adds to another template, which has this node or input.
        case addsTo(String)
        /// A type of another collection than the one that it imports.
        case lacksType(String)
        /// A property that the type does not have.
        case lacksProperty(String)
        /// An input without default that it uses.
        case needsInput(String)
        /// It imports a document that is not published any more.
        case lacksImport

        func isTold(by error: TOSCADiagnostic) -> Bool {
            switch self {
            case .addsTo(let name): error.code == .unknownName && error.message.contains("'\(name)'")
            case .lacksType(let name): error.code == .unknownType && error.message.contains("'\(name)'")
            case .lacksProperty(let name): error.code == .unknownField && error.message.contains("'\(name)'")
            case .needsInput(let name): error.code == .missing && error.message.contains("'\(name)'")
            case .lacksImport: error.code == .import
            }
        }
    }

    static let refused: [String: Reason] = [
        "tosca-templates-ades.yaml": .addsTo("front"),
        "tosca-templates-ai-sprint-monit.yaml": .addsTo("front"),
        "tosca-templates-ai4eoscvm.yaml": .addsTo("simple_node"),
        "tosca-templates-arc.yml": .addsTo("lrms_front_end"),
        "tosca-templates-argo-cd.yaml": .addsTo("front"),
        "tosca-templates-binderhub.yaml": .addsTo("front"),
        "tosca-templates-cernvmfs.yaml": .addsTo("simple_node"),
        "tosca-templates-dataset_list.yaml": .addsTo("simple_node"),
        "tosca-templates-dataset_list_k8s.yaml": .addsTo("front"),
        "tosca-templates-deep-oc-deep-oc-marathon-onedata.yml": .needsInput("docker_image"),
        "tosca-templates-deep-oc-kubernetes_cluster_deepaas.yaml": .needsInput("dockerhub_img"),
        "tosca-templates-docker_cluster.yaml": .addsTo("lrms_server"),
        "tosca-templates-dodas-AMS_cluster.yaml": .lacksType("tosca.nodes.indigo.AmsCondorMasterConfig"),
        "tosca-templates-dodas-CMS-HTCondor-AWS.yaml": .lacksProperty("cms_xrd_readserver"),
        "tosca-templates-dodas-CMS-HTCondor-TSystem.yaml": .lacksProperty("cms_xrd_readserver"),
        "tosca-templates-dodas-CMS-HTCondor-dodas.yaml": .lacksProperty("cms_xrd_readserver"),
        "tosca-templates-dodas-CMS-XCache-k8s.yaml": .lacksType("tosca.nodes.indigo.XCache"),
        "tosca-templates-dodas-htcondor_cluster.yaml": .lacksType("tosca.nodes.indigo.HTCondorServices"),
        "tosca-templates-dtgeo_tools.yaml": .addsTo("lrms_server"),
        "tosca-templates-enes.yaml": .addsTo("lrms_front_end"),
        "tosca-templates-eosc-dts-client.yml": .addsTo("simple_node"),
        "tosca-templates-flink.yaml": .addsTo("front"),
        "tosca-templates-flowfuse.yaml": .addsTo("simple_node"),
        "tosca-templates-helm.yaml": .addsTo("front"),
        "tosca-templates-image-service.yaml": .addsTo("simple_node"),
        "tosca-templates-interoperability-registry-read.yml": .addsTo("simple_node"),
        "tosca-templates-k8s_new_wn_type.yaml": .addsTo("front"),
        "tosca-templates-kubeapps.yml": .addsTo("front"),
        "tosca-templates-kubernetes_ha.yaml": .lacksImport,
        "tosca-templates-minio_compose.yaml": .addsTo("simple_node"),
        "tosca-templates-mlflowvm.yaml": .addsTo("simple_node"),
        "tosca-templates-nodered.yaml": .addsTo("lrms_front_end"),
        "tosca-templates-nvidia.yml": .addsTo("simple_node"),
        "tosca-templates-ollama.yaml": .addsTo("simple_node"),
        "tosca-templates-oscar_elastic.yaml": .addsTo("admin_token"),
        "tosca-templates-oscar_function.yaml": .addsTo("oscar"),
        "tosca-templates-proxy_host.yaml": .addsTo("simple_node"),
        "tosca-templates-pulsar.yml": .addsTo("lrms_front_end"),
        "tosca-templates-sgde.yaml": .addsTo("simple_node"),
        "tosca-templates-slurm_elastic.yaml": .addsTo("lrms_front_end"),
        "tosca-templates-ssh_keys.yml": .addsTo("simple_node"),
        "tosca-templates-ssh_oidc.yaml": .addsTo("simple_node"),
        "tosca-templates-stac_vm.yaml": .addsTo("simple_node"),
        "tosca-templates-vault.yaml": .addsTo("front"),
        "tosca-templates-xdc-xdc-deep-common-usecase.yml": .needsInput("docker_image"),
        "tosca-templates-yProv.yml": .addsTo("lrms_front_end"),
    ]

    @Test func thereAreTemplates() { #expect(Corpus.templates.count == 64) }

    @Test(arguments: Corpus.templates.filter { refused[$0] == nil })
    func isTaken(_ name: String) async throws {
        let template = try await Corpus.template(name)
        let translation = try await TOSCATranslator.translate(template, resolver: .stub)
        #expect(translation.document.check().isEmpty)
        guard Corpus.exists(name + ".radl") else { return }
        let expected = try RADLDocument(parsing: Corpus.text(name + ".radl"))
        #expect(translation.document.comparable == expected.comparable)
    }

    @Test(arguments: refused.keys.sorted())
    func isRefused(_ name: String) async throws {
        let reason = try #require(Self.refused[name])
        #expect(!Corpus.exists(name + ".radl"), "IM takes it")
        let errors = await errors(try Corpus.text(name))
        #expect(errors.contains { reason.isTold(by: $0) })
        #expect(errors.allSatisfy { $0.line != nil })
    }

    /// Templates that add to `kubernetes.yaml`, which is among the others.
    private static let additions = [
        "ades.yaml", "ai-sprint-monit.yaml", "argo-cd.yaml", "binderhub.yaml", "dataset_list_k8s.yaml", "enes.yaml",
        "flink.yaml", "helm.yaml", "k8s_new_wn_type.yaml", "kubeapps.yml", "nodered.yaml", "vault.yaml", "yProv.yml",
    ]

    @Test(arguments: additions)
    func liesOverWhatItAddsTo(_ name: String) async throws {
        let url = "https://types.example/kubernetes.yaml"
        let text = try Corpus.text("tosca-templates-" + name)
            .replacing("imports:\n", with: "imports:\n  - template_file: \(url)\n", maxReplacements: 1)
        var resolver = TOSCAResolver.stub
        resolver.fetcher = StubFetcher(
            answers: [url: try Corpus.text("tosca-templates-kubernetes.yaml")], isClosed: false)
        let translation = try await translate(text, resolver: resolver)
        #expect(translation.document.check().isEmpty)
        #expect(translation.document.systems.map(\.id).contains("front"))
        let own = try await Set(Corpus.template("tosca-templates-kubernetes.yaml").nodes.map(\.name))
        let all = Set(translation.template.nodes.map(\.name))
        #expect(all.isSuperset(of: own) && all.count > own.count)
    }
}
