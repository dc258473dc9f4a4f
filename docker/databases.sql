-- One database for each service.
CREATE DATABASE "user-service";
CREATE DATABASE "marketplace-service";
CREATE DATABASE "payments-service";
CREATE DATABASE "acquirer";
CREATE DATABASE "on-trial";
