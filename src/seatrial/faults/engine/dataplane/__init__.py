"""The way of the bytes: from socket to socket, through the stages of the toxics; see README.md."""
