-- For an empty cluster, connected to template1; one statement a line. PostgreSQL 14 still let everybody create here.
CREATE ROLE equipoise_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE equipoise_app LOGIN PASSWORD :'application_password';
ALTER SCHEMA public OWNER TO pg_database_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE DATABASE equipoise OWNER equipoise_owner;
REVOKE ALL ON DATABASE equipoise FROM PUBLIC;
GRANT CONNECT ON DATABASE equipoise TO equipoise_app;
