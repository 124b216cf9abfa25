"""Reading, checking and translating TOSCA templates: one that imports both collections, and one of 1,000 nodes."""
import os

from .connector import figures

HEAD = """tosca_definitions_version: tosca_simple_yaml_1_0
imports:
  - indigo_custom_types: https://raw.githubusercontent.com/indigo-dc/tosca-types/master/custom_types.yaml
  - grycap_custom_types: https://raw.githubusercontent.com/grycap/tosca/main/custom_types.yaml
topology_template:
"""

BOTH = HEAD + """  inputs:
    workers: {type: integer, default: 3}
  node_templates:
    front:
      type: tosca.nodes.indigo.Compute
      capabilities:
        endpoint: {properties: {network_name: PUBLIC, ports: {http: {protocol: tcp, source: 80}}}}
        host: {properties: {num_cpus: 2, mem_size: 4 GiB}}
    worker:
      type: tosca.nodes.indigo.Compute
      capabilities: {scalable: {properties: {count: {get_input: workers}}}}
    server:
      type: tosca.nodes.indigo.LRMS.FrontEnd.Slurm
      properties: {wn_ips: {get_attribute: [worker, private_address]}}
      interfaces: {Standard: {configure: {implementation: app.yml}}}
      requirements: [{host: front}]
    node:
      type: tosca.nodes.indigo.LRMS.WorkerNode.Slurm
      properties: {front_end_ip: {get_attribute: [front, private_address, 0]}}
      interfaces: {Standard: {configure: {implementation: app.yml}}}
      requirements: [{host: worker}]
    site:
      type: tosca.nodes.WebServer.Apache
      interfaces: {Standard: {create: app.yml, start: app.yml}}
      requirements: [{host: front}]
  outputs:
    url: {value: {concat: ['http://', {get_attribute: [front, public_address, 0]}]}}
"""

RECIPE = """- hosts: all
  tasks:
    - name: One
      copy: {dest: /tmp/a, content: "{{ ip | default('') }}"}
    - name: Two
      command: cat /tmp/a
"""


def many(count):
    nodes = "".join(f"""    server_{number}:
      type: tosca.nodes.indigo.Compute
      capabilities:
        endpoint:
          properties:
            network_name: {'PUBLIC' if number % 7 == 0 else 'PRIVATE'}
            ports: {{http: {{protocol: tcp, source: 80}}}}
        host: {{properties: {{num_cpus: {{get_input: cpus}}, mem_size: 4 GiB}}}}
        os: {{properties: {{type: linux, distribution: ubuntu, image: 'ost://cloud.example/image'}}}}
    app_{number}:
      type: tosca.nodes.SoftwareComponent
      requirements: [{{host: server_{number}}}, {{dependency: server_{number // 2}}}]
      artifacts: {{role: {{file: grycap.docker, type: tosca.artifacts.AnsibleGalaxy.role}}}}
      interfaces:
        Standard:
          configure:
            implementation: app.yml
            inputs:
              ip: {{get_attribute: [server_0, private_address, 0]}}
              cpus: {{get_property: [HOST, host, num_cpus]}}
""" for number in range(count // 2))
    return HEAD + "  inputs: {cpus: {type: integer, default: 2}}\n  node_templates:\n" + nodes


def run(report, work):
    os.makedirs(work)
    with open(f"{work}/app.yml", "w") as target:
        target.write(RECIPE)
    for name, text, what, goal in (
            ("both", BOTH, "a template with both collections", 50), ("many", many(1000), "1,000 node templates", 500)):
        file = f"{work}/{name}.yaml"
        with open(file, "w") as target:
            target.write(text)
        own = figures(report, "tosca", file)
        report.row(
            f"check and translation of {what} ({len(text) / 1000:,.0f} KB of TOSCA); median of 20",
            f"{own['whole']:.1f} ms CPU (check alone {own['check']:.1f} ms; the first of a process {own['first']:.1f} ms)",
            f"{goal} ms", max(own["whole"], own["first"]) < goal)
