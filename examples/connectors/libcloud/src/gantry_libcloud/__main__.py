from gantry_libcloud import main

main()
