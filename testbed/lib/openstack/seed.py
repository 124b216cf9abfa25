"""Accounts, endpoints and first content, through the APIs themselves (called by testbed/openstack): accounts, content, ready."""
import io
import os
import sys
import time

import openstack

PW = os.environ['OSTB_PW']
AUTH = dict(auth_url='http://127.0.0.1:5000/v3', password=PW, user_domain_name='Default', project_domain_name='Default')


def login(user='admin', project='admin'):
    return openstack.connect(auth=dict(AUTH, username=user, project_name=project), region_name='RegionOne', identity_api_version='3')


def accounts():
    c = login()
    dom = 'default'
    role = {n: c.identity.find_role(n) or c.identity.create_role(name=n) for n in ('admin', 'member', 'reader', 'service')}
    proj = {n: c.identity.find_project(n) or c.identity.create_project(name=n, domain_id=dom) for n in ('service', 'demo', 'alt')}
    for n, t, url in (('nova', 'compute', ':8774/v2.1'), ('glance', 'image', ':9292'), ('placement', 'placement', ':8778'),
                      ('neutron', 'network', ':9696'), ('cinder', 'block-storage', ':8776/v3')):
        if n == 'cinder' and os.environ['OSTB_CINDER'] != '1':
            continue
        u = c.identity.find_user(n) or c.identity.create_user(name=n, password=PW, domain_id=dom, default_project_id=proj['service'].id)
        for r in ('admin', 'service'):
            c.identity.assign_project_role_to_user(proj['service'], u, role[r])
        # block storage is registered under the type names clients look for: block-storage and volumev3
        for typ in ((t, 'volumev3') if n == 'cinder' else (t,)):
            s = next((x for x in c.identity.services() if x.type == typ), None) or c.identity.create_service(name=n, type=typ)
            have = {e.interface for e in c.identity.endpoints(service_id=s.id)}
            for i in {'public', 'internal', 'admin'} - have:
                c.identity.create_endpoint(service_id=s.id, interface=i, url='http://127.0.0.1' + url, region_id='RegionOne')
    for n in ('demo', 'alt'):
        u = c.identity.find_user(n) or c.identity.create_user(name=n, password=PW, domain_id=dom, default_project_id=proj[n].id)
        for r in ('member', 'reader'):
            c.identity.assign_project_role_to_user(proj[n], u, role[r])


def ready():
    """Wait until the scheduler sees every compute: right after a restart the services still count as down and a launch ends in NoValidHost."""
    c = login()
    for _ in range(120):
        s = [x for x in c.compute.services() if x.binary == 'nova-compute']
        if s and all(x.state == 'up' for x in s):
            return warm()
        time.sleep(0.5)
    sys.exit('nova-compute does not report')


def warm():
    """Asks until each worker of Neutron has answered: two requests that reach a cold one together may be told that there is
    no network, as its policy is not read yet."""
    d = login('demo', 'demo')
    good = 0
    for _ in range(100):
        names = {x['name'] for x in d.network.get('/networks', headers={'Connection': 'close'}).json()['networks']}
        good = good + 1 if {'public', 'private'} <= names else 0
        if good == 12:
            return
    sys.exit('Neutron does not tell its networks')


def content():
    c = login()
    for n, cpu, ram, disk in (('m1.nano', 1, 128, 1), ('m1.tiny', 1, 512, 1), ('m1.small', 1, 2048, 20), ('m1.medium', 2, 4096, 40),
                              ('m1.large', 4, 8192, 80), ('m1.xlarge', 8, 16384, 160), ('c1.huge', 64, 262144, 100)):
        c.compute.find_flavor(n) or c.compute.create_flavor(name=n, vcpus=cpu, ram=ram, disk=disk)
    if not c.image.find_image('tiny'):
        c.image.create_image(name='tiny', disk_format='raw', container_format='bare', visibility='public', data=b'\0' * 1048576,
                             validate_checksum=False, properties=dict(os_type='linux', os_distro='debian', os_version='12', architecture='x86_64'))
    pub = c.network.find_network('public') or c.network.create_network(
        name='public', is_router_external=True, is_shared=True, provider_network_type='flat', provider_physical_network='public')
    if not c.network.find_subnet('public-v4'):
        c.network.create_subnet(name='public-v4', network_id=pub.id, ip_version=4, cidr='172.24.4.0/22', gateway_ip='172.24.4.1', is_dhcp_enabled=False)
    d = login('demo', 'demo')
    net = d.network.find_network('private', ignore_missing=True) or d.network.create_network(name='private')
    sub = d.network.find_subnet('private-v4') or d.network.create_subnet(
        name='private-v4', network_id=net.id, ip_version=4, cidr='10.61.0.0/20', gateway_ip='10.61.0.1', dns_nameservers=['127.0.0.1'])
    if not d.network.find_router('router1'):
        r = d.network.create_router(name='router1', external_gateway_info=dict(network_id=pub.id))
        d.network.add_interface_to_router(r, subnet_id=sub.id)
    want = 1 if os.environ['OSTB_VIRT'] == 'libvirt' else int(os.environ['OSTB_HOSTS'])
    for _ in range(300):  # computes report themselves, then the scheduler maps them into the cell
        if sum(1 for _ in c.compute.hypervisors()) >= want:
            break
        time.sleep(0.2)
    else:
        sys.exit('only %d of %d computes came up' % (sum(1 for _ in c.compute.hypervisors()), want))
    if want > 1 and not c.compute.find_aggregate('zone2'):
        a = c.compute.create_aggregate(name='zone2', availability_zone='zone2')
        c.compute.add_host_to_aggregate(a, f'compute{want}')
    if os.environ['OSTB_CINDER'] == '1':
        c.block_storage.find_type('std') or c.block_storage.create_type(name='std')


globals()[sys.argv[1]]()
