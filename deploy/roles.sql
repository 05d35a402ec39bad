-- Run once by the database's container, on an empty volume: the roles that the demo and the tests have, too.
\set owner_password `cat /run/secrets/owner_password`
\set application_password `cat /run/secrets/application_password`
\connect template1
\ir /equipoise/roles.sql
