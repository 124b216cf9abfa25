"""Write every service's configuration under $OSTB/etc (called by testbed/openstack)."""
import os
import pathlib
import shutil
import sysconfig

S, PW, VIRT = os.environ['OSTB'], os.environ['OSTB_PW'], os.environ['OSTB_VIRT']
HOSTS, CINDER = int(os.environ['OSTB_HOSTS']), os.environ['OSTB_CINDER'] == '1'
V, E = os.environ['OSTB_VENV'], pathlib.Path(os.environ['OSTB'], 'etc')
SITE = sysconfig.get_paths(vars={'base': V, 'platbase': V})['purelib']
RABBIT, MC = 'rabbit://guest:guest@127.0.0.1:5672/', '127.0.0.1:24211'


def db(name, pool=10):
    return {'connection': f'mysql+pymysql://os:{PW}@127.0.0.1/{name}?charset=utf8', 'max_pool_size': pool, 'max_overflow': 50}


def user(name, **kw):  # a keystoneauth password block
    return dict(auth_type='password', auth_url='http://127.0.0.1:5000/v3', username=name, password=PW, project_name='service',
                user_domain_name='Default', project_domain_name='Default', region_name='RegionOne', **kw)


def token(name):
    return user(name, www_authenticate_uri='http://127.0.0.1:5000/v3', memcached_servers=MC,
                service_token_roles_required='true', service_token_roles='service', interface='internal')


def write(name, **sections):
    (E / name).write_text(''.join(
        f'[{s.replace("__", ".")}]\n' + ''.join(f'{k} = {v}\n' for k, v in o.items()) + '\n' for s, o in sections.items()))


def own(project):  # the defaults all services share
    return dict(transport_url=RABBIT, debug=os.environ.get('OSTB_DEBUG', 'false'), host='ostb', state_path=f'{S}/{project}',
                executor_thread_pool_size=16)


lock = dict(lock_path=f'{S}/lock')
rmq = dict(heartbeat_in_pthread='false')
cache = dict(enabled='true', backend='dogpile.cache.memcached', memcache_servers=MC)
for d in ('nova', 'neutron', 'cinder', 'glance', 'keystone/fernet', 'keystone/credential'):
    pathlib.Path(S, d).mkdir(parents=True, exist_ok=True, mode=0o700)

write('keystone.conf', DEFAULT=dict(debug='false', max_token_size=512), database=db('keystone'), cache=cache,
      token=dict(provider='fernet', expiration=3600), fernet_tokens=dict(key_repository=f'{S}/keystone/fernet'),
      fernet_receipts=dict(key_repository=f'{S}/keystone/fernet'),
      credential=dict(key_repository=f'{S}/keystone/credential'), identity=dict(password_hash_rounds=4), oslo_policy=dict(policy_file='none.yaml'))

write('glance-api.conf', DEFAULT=dict(own('glance'), enabled_backends='fs:file', enabled_import_methods='[glance-direct,web-download,copy-image]',
                                      worker_self_reference_url='http://127.0.0.1:9292', show_image_direct_url='false'),
      database=db('glance'), keystone_authtoken=token('glance'), paste_deploy=dict(flavor='keystone'), glance_store=dict(default_backend='fs'),
      fs=dict(filesystem_store_datadir=f'{S}/images'), os_glance_tasks_store=dict(filesystem_store_datadir=f'{S}/glance/tasks'),
      os_glance_staging_store=dict(filesystem_store_datadir=f'{S}/glance/staging'), oslo_concurrency=lock)
for n in ('glance-api-paste.ini',):
    shutil.copy(f'{V}/etc/glance/{n}', E)
for d in ('tasks', 'staging'):
    os.makedirs(f'{S}/glance/{d}', exist_ok=True)

write('placement.conf', placement_database=db('placement'), api=dict(auth_strategy='keystone'), keystone_authtoken=token('placement'))

write('neutron.conf', DEFAULT=dict(own('neutron'), core_plugin='ml2', service_plugins='ostb_router', dhcp_agent_notification='false',
                                   api_paste_config=f'{V}/etc/neutron/api-paste.ini', global_physnet_mtu=1500, rpc_workers=1,
                                   notify_nova_on_port_status_changes='true', notify_nova_on_port_data_changes='true', router_auto_schedule='false',
                                   allow_overlapping_ips='true', dns_domain='testbed.'),
      database=db('neutron'), keystone_authtoken=token('neutron'), nova=user('nova'), placement=user('placement'), oslo_concurrency=lock,
      oslo_messaging_rabbit=rmq, ml2=dict(type_drivers='flat,vlan,vxlan,local', tenant_network_types='vxlan', mechanism_drivers='ostb',
                                          extension_drivers='port_security', path_mtu=1500),
      ml2_type_flat=dict(flat_networks='public'), ml2_type_vxlan=dict(vni_ranges='1:10000'), ml2_type_vlan=dict(network_vlan_ranges='physnet1:100:999'),
      quotas=dict(quota_network=200, quota_subnet=200, quota_port=5000, quota_router=100, quota_floatingip=2000, quota_security_group=500,
                  quota_security_group_rule=5000))

nova = dict(
    DEFAULT=dict(own('nova'), log_date_format='%H:%M:%S', allow_resize_to_same_host='true', instances_path=f'{S}/instances', my_ip='127.0.0.1',
                 api_paste_config=f'{E}/nova-paste.ini', osapi_compute_workers=2, metadata_workers=1, enabled_apis='osapi_compute,metadata',
                 sync_power_state_interval=-1, force_config_drive='false', default_schedule_zone='nova', rpc_response_timeout=120,
                 vif_plugging_is_fatal='false', vif_plugging_timeout=0, resume_guests_state_on_host_boot='true', executor_thread_pool_size=16),
    api=dict(auth_strategy='keystone'), api_database=db('nova_api'), database=db('nova'), keystone_authtoken=token('nova'),
    service_user=user('nova', send_service_user_token='true'), placement=user('placement'), glance=dict(api_servers='http://127.0.0.1:9292'),
    neutron=user('neutron', service_metadata_proxy='true', metadata_proxy_shared_secret=PW), cinder=dict(user('cinder'), os_region_name='RegionOne'),
    cache=cache, conductor=dict(workers=1), oslo_messaging_rabbit=rmq, oslo_concurrency=lock,
    scheduler=dict(workers=1, discover_hosts_in_cells_interval=2), filter_scheduler=dict(track_instance_changes='false'),
    workarounds=dict(), vnc=dict(enabled='false'), quota=dict(instances=5000, cores=50000, ram=200000000, key_pairs=500, server_groups=100))
shutil.copy(f'{V}/etc/nova/api-paste.ini', E / 'nova-paste.ini')
shutil.copy(f'{V}/etc/nova/api-paste.ini', E / 'api-paste.ini')
write('nova.conf', **nova)
for i in range(1, HOSTS + 1):
    if VIRT == 'libvirt':
        write(f'compute-{i}.conf', DEFAULT=dict(host=f'compute{i}', compute_driver='libvirt.LibvirtDriver', state_path=f'{S}/nova/{i}'),
              libvirt=dict(virt_type=os.environ.get('OSTB_VIRT_TYPE', 'qemu'), cpu_mode='none', num_pcie_ports=0, images_type='default',
                           connection_uri=os.environ.get('OSTB_LIBVIRT_URI', 'qemu:///system')))
    else:
        write(f'compute-{i}.conf', DEFAULT=dict(host=f'compute{i}', compute_driver='ostb_nova.Driver', state_path=f'{S}/nova/{i}'))
    os.makedirs(f'{S}/nova/{i}', exist_ok=True)

if CINDER:
    write('cinder.conf', DEFAULT=dict(own('cinder'), auth_strategy='keystone', enabled_backends='one', default_volume_type='std', my_ip='127.0.0.1',
                                      glance_api_servers='http://127.0.0.1:9292', api_paste_config=f'{V}/etc/cinder/api-paste.ini',
                                      resource_query_filters_file=f'{V}/etc/cinder/resource_filters.json', quota_volumes=2000, quota_gigabytes=200000,
                                      quota_snapshots=1000, per_volume_size_limit=-1),
          database=db('cinder'), keystone_authtoken=token('cinder'), nova=dict(user('nova'), interface='internal'), oslo_concurrency=lock,
          service_user=user('cinder', send_service_user_token='true'), oslo_messaging_rabbit=rmq, coordination=dict(backend_url=f'file://{S}/cinder'),
          one=dict(volume_driver='cinder.tests.fake_driver.FakeLoggingVolumeDriver', volume_backend_name='one'))
