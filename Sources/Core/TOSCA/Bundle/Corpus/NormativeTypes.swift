// swift-format-ignore-file: the text is kept as it is

extension BundledCollection {
    /// The types of the TOSCA Simple Profile in YAML, as this project states them.
    static let normativeText: StaticString = #"""
        # The types of the TOSCA Simple Profile in YAML, versions 1.0 to 1.3, as this project states them from the
        # specification's facts. Where versions differ, what the later one adds is here too; nothing is taken away.

        artifact_types:
          tosca.artifacts.Root:
            description: What all artifact types derive from.
          tosca.artifacts.File:
            derived_from: tosca.artifacts.Root
          tosca.artifacts.Deployment:
            derived_from: tosca.artifacts.Root
          tosca.artifacts.Deployment.Image:
            derived_from: tosca.artifacts.Deployment
          tosca.artifacts.Deployment.Image.Container.Docker:
            derived_from: tosca.artifacts.Deployment.Image
          tosca.artifacts.Deployment.Image.VM:
            derived_from: tosca.artifacts.Deployment.Image
          tosca.artifacts.Deployment.Image.VM.ISO:
            derived_from: tosca.artifacts.Deployment.Image.VM
            mime_type: application/octet-stream
            file_ext: [ iso ]
          tosca.artifacts.Deployment.Image.VM.QCOW2:
            derived_from: tosca.artifacts.Deployment.Image.VM
            mime_type: application/octet-stream
            file_ext: [ qcow2 ]
          tosca.artifacts.Implementation:
            derived_from: tosca.artifacts.Root
          tosca.artifacts.Implementation.Bash:
            derived_from: tosca.artifacts.Implementation
            mime_type: application/x-sh
            file_ext: [ sh ]
          tosca.artifacts.Implementation.Python:
            derived_from: tosca.artifacts.Implementation
            mime_type: application/x-python
            file_ext: [ py ]
          tosca.artifacts.template:
            derived_from: tosca.artifacts.Root

        capability_types:
          tosca.capabilities.Root:
            description: What all capability types derive from.
          tosca.capabilities.Node:
            derived_from: tosca.capabilities.Root
          tosca.capabilities.Container:
            derived_from: tosca.capabilities.Root
            properties:
              name: { type: string, required: false }
              num_cpus: { type: integer, required: false, constraints: [ { greater_or_equal: 1 } ] }
              cpu_frequency: { type: scalar-unit.frequency, required: false, constraints: [ { greater_or_equal: 0.1 GHz } ] }
              disk_size: { type: scalar-unit.size, required: false, constraints: [ { greater_or_equal: 0 MB } ] }
              mem_size: { type: scalar-unit.size, required: false, constraints: [ { greater_or_equal: 0 MB } ] }
          tosca.capabilities.Compute:
            derived_from: tosca.capabilities.Container
          tosca.capabilities.Container.Docker:
            derived_from: tosca.capabilities.Container
            properties:
              version: { type: list, entry_schema: { type: version }, required: false }
              publish_all: { type: boolean, default: false, required: false }
              publish_ports: { type: list, entry_schema: { type: tosca.datatypes.network.PortSpec }, required: false }
              expose_ports: { type: list, entry_schema: { type: tosca.datatypes.network.PortSpec }, required: false }
              volumes: { type: list, entry_schema: { type: string }, required: false }
              host_id: { type: string, required: false }
              volume_id: { type: string, required: false }
          tosca.capabilities.Storage:
            derived_from: tosca.capabilities.Root
            properties:
              name: { type: string, required: false }
          tosca.capabilities.Endpoint:
            derived_from: tosca.capabilities.Root
            properties:
              protocol: { type: string, default: tcp }
              port: { type: tosca.datatypes.network.PortDef, required: false }
              secure: { type: boolean, default: false, required: false }
              url_path: { type: string, required: false }
              port_name: { type: string, required: false }
              network_name: { type: string, default: PRIVATE, required: false }
              initiator:
                type: string
                default: source
                required: false
                constraints: [ { valid_values: [ source, target, peer ] } ]
              ports:
                type: map
                entry_schema: { type: tosca.datatypes.network.PortSpec }
                required: false
                constraints: [ { min_length: 1 } ]
            attributes:
              ip_address: { type: string }
          tosca.capabilities.Endpoint.Public:
            derived_from: tosca.capabilities.Endpoint
            properties:
              network_name: { type: string, default: PUBLIC, constraints: [ { equal: PUBLIC } ] }
              floating: { type: boolean, default: false, required: false }
              dns_name: { type: string, required: false }
          tosca.capabilities.Endpoint.Admin:
            derived_from: tosca.capabilities.Endpoint
            properties:
              secure: { type: boolean, default: true, required: false }
          tosca.capabilities.Endpoint.Database:
            derived_from: tosca.capabilities.Endpoint
          tosca.capabilities.Attachment:
            derived_from: tosca.capabilities.Root
          tosca.capabilities.OperatingSystem:
            derived_from: tosca.capabilities.Root
            properties:
              architecture: { type: string, required: false }
              type: { type: string, required: false }
              distribution: { type: string, required: false }
              version: { type: version, required: false }
          tosca.capabilities.Scalable:
            derived_from: tosca.capabilities.Root
            properties:
              min_instances: { type: integer, default: 1 }
              max_instances: { type: integer, default: 1 }
              default_instances: { type: integer, required: false }
          tosca.capabilities.network.Bindable:
            derived_from: tosca.capabilities.Node
          tosca.capabilities.network.Linkable:
            derived_from: tosca.capabilities.Node

        data_types:
          tosca.datatypes.Root:
            description: What all data types derive from.
          tosca.datatypes.json:
            derived_from: string
          tosca.datatypes.xml:
            derived_from: string
          tosca.datatypes.Credential:
            derived_from: tosca.datatypes.Root
            properties:
              protocol: { type: string, required: false }
              token_type: { type: string, default: password }
              token: { type: string }
              keys: { type: map, entry_schema: { type: string }, required: false }
              user: { type: string, required: false }
          tosca.datatypes.TimeInterval:
            derived_from: tosca.datatypes.Root
            properties:
              start_time: { type: timestamp }
              end_time: { type: timestamp }
          # Collections use these two without defining them.
          tosca.datatypes.Dataset:
            derived_from: string
          tosca.datatypes.indigo.User:
            derived_from: tosca.datatypes.Root
            properties:
              os_user_name: { type: string, required: false }
              os_user_guid: { type: integer, required: false }
              os_user_add_to_sudoers: { type: boolean, required: false }
              os_user_ssh_public_key: { type: string, required: false }
          tosca.datatypes.network.NetworkInfo:
            derived_from: tosca.datatypes.Root
            properties:
              network_name: { type: string, required: false }
              network_id: { type: string, required: false }
              addresses: { type: list, entry_schema: { type: string }, required: false }
          tosca.datatypes.network.PortInfo:
            derived_from: tosca.datatypes.Root
            properties:
              port_name: { type: string, required: false }
              port_id: { type: string, required: false }
              network_id: { type: string, required: false }
              mac_address: { type: string, required: false }
              addresses: { type: list, entry_schema: { type: string }, required: false }
          tosca.datatypes.network.PortDef:
            derived_from: integer
            constraints: [ { in_range: [ 1, 65535 ] } ]
          tosca.datatypes.network.PortSpec:
            derived_from: tosca.datatypes.Root
            properties:
              protocol: { type: string, default: tcp, constraints: [ { valid_values: [ udp, tcp, igmp ] } ] }
              target: { type: tosca.datatypes.network.PortDef, required: false }
              target_range: { type: range, required: false, constraints: [ { in_range: [ 1, 65535 ] } ] }
              source: { type: tosca.datatypes.network.PortDef, required: false }
              source_range: { type: range, required: false, constraints: [ { in_range: [ 1, 65535 ] } ] }
              steps: { type: integer, required: false }

        group_types:
          tosca.groups.Root:
            description: What all group types derive from.

        interface_types:
          tosca.interfaces.Root:
            description: What all interface types derive from.
          tosca.interfaces.node.lifecycle.Standard:
            derived_from: tosca.interfaces.Root
            create: { description: Creates the node. }
            configure: { description: Configures it. }
            start: { description: Starts it. }
            stop: { description: Stops it. }
            delete: { description: Deletes it. }
          tosca.interfaces.relationship.Configure:
            derived_from: tosca.interfaces.Root
            pre_configure_source: { description: Before the source is configured. }
            pre_configure_target: { description: Before the target is configured. }
            post_configure_source: { description: After the source was configured. }
            post_configure_target: { description: After the target was configured. }
            add_target: { description: Tells the source of a new target. }
            add_source: { description: Tells the target of a new source. }
            target_changed: { description: Tells the source that the target has changed. }
            remove_target: { description: Tells the source that a target goes. }
            remove_source: { description: Tells the target that a source goes. }

        node_types:
          tosca.nodes.Root:
            description: What all node types derive from.
            attributes:
              tosca_id: { type: string }
              tosca_name: { type: string }
              state: { type: string, default: initial }
            capabilities:
              feature: { type: tosca.capabilities.Node }
            requirements:
              - dependency:
                  capability: tosca.capabilities.Node
                  node: tosca.nodes.Root
                  relationship: tosca.relationships.DependsOn
                  occurrences: [ 0, UNBOUNDED ]
            interfaces:
              Standard: { type: tosca.interfaces.node.lifecycle.Standard }
          tosca.nodes.Abstract.Compute:
            derived_from: tosca.nodes.Root
            capabilities:
              host: { type: tosca.capabilities.Compute }
          tosca.nodes.Abstract.Storage:
            derived_from: tosca.nodes.Root
            properties:
              name: { type: string, required: false }
              size: { type: scalar-unit.size, required: false, constraints: [ { greater_or_equal: 0 MB } ] }
          tosca.nodes.Compute:
            derived_from: tosca.nodes.Root
            attributes:
              private_address: { type: string }
              public_address: { type: string }
              networks: { type: map, entry_schema: { type: tosca.datatypes.network.NetworkInfo } }
              ports: { type: map, entry_schema: { type: tosca.datatypes.network.PortInfo } }
            requirements:
              - local_storage:
                  capability: tosca.capabilities.Attachment
                  node: tosca.nodes.BlockStorage
                  relationship: tosca.relationships.AttachesTo
                  occurrences: [ 0, UNBOUNDED ]
            capabilities:
              host: { type: tosca.capabilities.Container }
              endpoint: { type: tosca.capabilities.Endpoint.Admin }
              os: { type: tosca.capabilities.OperatingSystem }
              scalable: { type: tosca.capabilities.Scalable }
              binding: { type: tosca.capabilities.network.Bindable }
          tosca.nodes.SoftwareComponent:
            derived_from: tosca.nodes.Root
            properties:
              component_version: { type: version, required: false }
              admin_credential: { type: tosca.datatypes.Credential, required: false }
            requirements:
              - host:
                  capability: tosca.capabilities.Container
                  node: tosca.nodes.Compute
                  relationship: tosca.relationships.HostedOn
          tosca.nodes.WebServer:
            derived_from: tosca.nodes.SoftwareComponent
            capabilities:
              data_endpoint: { type: tosca.capabilities.Endpoint }
              admin_endpoint: { type: tosca.capabilities.Endpoint.Admin }
              host: { type: tosca.capabilities.Container }
          tosca.nodes.WebApplication:
            derived_from: tosca.nodes.SoftwareComponent
            properties:
              context_root: { type: string, required: false }
            capabilities:
              app_endpoint: { type: tosca.capabilities.Endpoint }
            requirements:
              - host:
                  capability: tosca.capabilities.Container
                  node: tosca.nodes.WebServer
                  relationship: tosca.relationships.HostedOn
          tosca.nodes.DBMS:
            derived_from: tosca.nodes.SoftwareComponent
            properties:
              port: { type: integer, required: false }
              root_password: { type: string, required: false }
            capabilities:
              host: { type: tosca.capabilities.Container }
          tosca.nodes.Database:
            derived_from: tosca.nodes.Root
            properties:
              name: { type: string, required: false }
              user: { type: string, required: false }
              password: { type: string, required: false }
              port: { type: integer, required: false }
            requirements:
              - host:
                  capability: tosca.capabilities.Container
                  node: tosca.nodes.DBMS
                  relationship: tosca.relationships.HostedOn
            capabilities:
              database_endpoint: { type: tosca.capabilities.Endpoint.Database }
          tosca.nodes.ObjectStorage:
            derived_from: tosca.nodes.Root
            properties:
              name: { type: string, required: false }
              size: { type: scalar-unit.size, required: false, constraints: [ { greater_or_equal: 0 GB } ] }
              maxsize: { type: scalar-unit.size, required: false, constraints: [ { greater_or_equal: 0 GB } ] }
            capabilities:
              storage_endpoint: { type: tosca.capabilities.Endpoint }
          tosca.nodes.Storage.ObjectStorage:
            derived_from: tosca.nodes.ObjectStorage
          tosca.nodes.BlockStorage:
            derived_from: tosca.nodes.Root
            properties:
              size: { type: scalar-unit.size, required: false, constraints: [ { greater_or_equal: 0 MB } ] }
              volume_id: { type: string, required: false }
              snapshot_id: { type: string, required: false }
            capabilities:
              attachment: { type: tosca.capabilities.Attachment }
          tosca.nodes.Storage.BlockStorage:
            derived_from: tosca.nodes.BlockStorage
            properties:
              name: { type: string, required: false }
          tosca.nodes.Container.Runtime:
            derived_from: tosca.nodes.SoftwareComponent
            capabilities:
              host: { type: tosca.capabilities.Container }
              scalable: { type: tosca.capabilities.Scalable }
          tosca.nodes.Container.Application:
            derived_from: tosca.nodes.Root
            requirements:
              - host:
                  capability: tosca.capabilities.Container
                  node: tosca.nodes.Container.Runtime
                  relationship: tosca.relationships.HostedOn
              - storage:
                  capability: tosca.capabilities.Storage
                  occurrences: [ 0, UNBOUNDED ]
              - network:
                  capability: tosca.capabilities.Endpoint
                  occurrences: [ 0, UNBOUNDED ]
          tosca.nodes.Container.Runtime.Docker:
            derived_from: tosca.nodes.Container.Runtime
            capabilities:
              host: { type: tosca.capabilities.Container.Docker }
          tosca.nodes.Container.Application.Docker:
            derived_from: tosca.nodes.Container.Application
            properties:
              environment: { type: map, entry_schema: { type: string }, required: false }
              command: { type: string, required: false }
            attributes:
              endpoints: { type: list, entry_schema: { type: string } }
            requirements:
              - host:
                  capability: tosca.capabilities.Container.Docker
                  node: tosca.nodes.Container.Runtime.Docker
                  relationship: tosca.relationships.HostedOn
          tosca.nodes.LoadBalancer:
            derived_from: tosca.nodes.Root
            properties:
              algorithm: { type: string, required: false, status: experimental }
            capabilities:
              client: { type: tosca.capabilities.Endpoint.Public }
            requirements:
              - application:
                  capability: tosca.capabilities.Endpoint
                  relationship: tosca.relationships.RoutesTo
                  occurrences: [ 0, UNBOUNDED ]
          tosca.nodes.network.Network:
            derived_from: tosca.nodes.Root
            properties:
              ip_version: { type: integer, default: 4, required: false, constraints: [ { valid_values: [ 4, 6 ] } ] }
              cidr: { type: string, required: false }
              start_ip: { type: string, required: false }
              end_ip: { type: string, required: false }
              gateway_ip: { type: string, required: false }
              network_name: { type: string, required: false }
              network_id: { type: string, required: false }
              segmentation_id: { type: string, required: false }
              network_type: { type: string, required: false }
              physical_network: { type: string, required: false }
              dhcp_enabled: { type: boolean, default: true, required: false }
            capabilities:
              link: { type: tosca.capabilities.network.Linkable }
          tosca.nodes.network.Port:
            derived_from: tosca.nodes.Root
            properties:
              ip_address: { type: string, required: false }
              order: { type: integer, default: 0, required: false, constraints: [ { greater_or_equal: 0 } ] }
              is_default: { type: boolean, default: false, required: false }
              ip_range_start: { type: string, required: false }
              ip_range_end: { type: string, required: false }
            attributes:
              ip_address: { type: string }
            requirements:
              - binding:
                  capability: tosca.capabilities.network.Bindable
                  node: tosca.nodes.Compute
                  relationship: tosca.relationships.network.BindsTo
              - link:
                  capability: tosca.capabilities.network.Linkable
                  node: tosca.nodes.network.Network
                  relationship: tosca.relationships.network.LinksTo

        policy_types:
          tosca.policies.Root:
            description: What all policy types derive from.
          tosca.policies.Placement:
            derived_from: tosca.policies.Root
          tosca.policies.Scaling:
            derived_from: tosca.policies.Root
          tosca.policies.Update:
            derived_from: tosca.policies.Root
          tosca.policies.Performance:
            derived_from: tosca.policies.Root
          tosca.policies.Reservation:
            derived_from: tosca.policies.Root
          tosca.policies.Monitoring:
            derived_from: tosca.policies.Root

        relationship_types:
          tosca.relationships.Root:
            description: What all relationship types derive from.
            attributes:
              tosca_id: { type: string }
              tosca_name: { type: string }
              state: { type: string, default: initial }
            interfaces:
              Configure: { type: tosca.interfaces.relationship.Configure }
          tosca.relationships.DependsOn:
            derived_from: tosca.relationships.Root
            valid_target_types: [ tosca.capabilities.Node ]
          tosca.relationships.HostedOn:
            derived_from: tosca.relationships.Root
            valid_target_types: [ tosca.capabilities.Container ]
          tosca.relationships.ConnectsTo:
            derived_from: tosca.relationships.Root
            valid_target_types: [ tosca.capabilities.Endpoint ]
            properties:
              credential: { type: tosca.datatypes.Credential, required: false }
          tosca.relationships.AttachesTo:
            derived_from: tosca.relationships.Root
            valid_target_types: [ tosca.capabilities.Attachment ]
            properties:
              location: { type: string, required: false }
              device: { type: string, required: false }
            attributes:
              device: { type: string }
          tosca.relationships.RoutesTo:
            derived_from: tosca.relationships.ConnectsTo
            valid_target_types: [ tosca.capabilities.Endpoint ]
          tosca.relationships.network.LinksTo:
            derived_from: tosca.relationships.DependsOn
            valid_target_types: [ tosca.capabilities.network.Linkable ]
          tosca.relationships.network.BindsTo:
            derived_from: tosca.relationships.DependsOn
            valid_target_types: [ tosca.capabilities.network.Bindable ]

        """#
}
