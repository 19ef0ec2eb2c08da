"""A process that waits for everything there is to wait for, one after the other; and a decision."""

PROCESS = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
             xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="http://example.com">
  <message id="m" name="go"/>
  <message id="m2" name="begin"/>
  <signal id="s" name="all"/>
  <error id="broken" errorCode="broken"/>
  <process id="day" name="Day" isExecutable="true" camunda:historyTimeToLive="30" camunda:versionTag="v1">
    <startEvent id="start" camunda:formKey="embedded:start.html"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="charge"/>
    <serviceTask id="charge" name="Charge" camunda:type="external" camunda:topic="charging"/>
    <boundaryEvent id="caught" attachedToRef="charge"><errorEventDefinition errorRef="broken"/></boundaryEvent>
    <sequenceFlow id="f6" sourceRef="caught" targetRef="end2"/>
    <endEvent id="end2"/>
    <sequenceFlow id="f2" sourceRef="charge" targetRef="check"/>
    <userTask id="check" name="Check" camunda:candidateGroups="sales" camunda:candidateUsers="mary">
      <extensionElements><camunda:formData>
        <camunda:formField id="approved" label="Approved" type="boolean" defaultValue="true"/>
      </camunda:formData></extensionElements>
    </userTask>
    <sequenceFlow id="f3" sourceRef="check" targetRef="wait"/>
    <intermediateCatchEvent id="wait"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>
    <sequenceFlow id="f4" sourceRef="wait" targetRef="later"/>
    <intermediateCatchEvent id="later">
      <timerEventDefinition>
        <timeDuration xsi:type="tFormalExpression">PT1H</timeDuration>
      </timerEventDefinition>
    </intermediateCatchEvent>
    <sequenceFlow id="f5" sourceRef="later" targetRef="end"/>
    <endEvent id="end"/>
  </process>
  <process id="begun" isExecutable="true">
    <startEvent id="first"><messageEventDefinition messageRef="m2"/></startEvent>
    <sequenceFlow id="g1" sourceRef="first" targetRef="second"/>
    <intermediateCatchEvent id="second"><signalEventDefinition signalRef="s"/></intermediateCatchEvent>
    <sequenceFlow id="g2" sourceRef="second" targetRef="last"/>
    <endEvent id="last"/>
  </process>
</definitions>
"""
DECISION = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://example.com">
  <decision id="dish" name="Dish">
    <decisionTable id="t" hitPolicy="FIRST">
      <input id="i"><inputExpression id="e" typeRef="string"><text>season</text></inputExpression></input>
      <output id="o" name="dish" typeRef="string"/>
      <rule id="r1"><inputEntry id="a1"><text>"winter"</text></inputEntry>
        <outputEntry id="b1"><text>"stew"</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="a2"><text></text></inputEntry>
        <outputEntry id="b2"><text>"salad"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""
