"""Where stages run. A stage never knows which engine runs it."""
