def differences(a, b):
    return []
