"""Every schema that tables ever had, and the ways between them: `jemput db migrate`.

A change of jemput/store/schema.py needs a revision in `versions`, and its number in
`SCHEMA_REVISION`.
"""
